"""A file of PyTorch's is read without PyTorch, and runs nothing."""

import io
import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.networks import torch_file
from train.networks.torch_file import TorchFileError


class _Stands:
    """Pickles as a call, the way a tensor does in the real file."""

    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


def _written(weights):
    """A state dict in the older form of torch.save: one float tensor, stored transposed."""
    pickled = (
        # ((storage, offset, shape, strides), ...) as torch._utils._rebuild_tensor_v2 takes them
        b"\x80\x02ccollections\nOrderedDict\n)R(X\x06\x00\x00\x00weightctorch._utils\n"
        b"_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
        b"X\x01\x00\x00\x00aX\x03\x00\x00\x00cpuK\x07NtQK\x01K\x02K\x03\x86K\x01K\x02\x86\x89"
        b"ccollections\nOrderedDict\n)RtRu."
    )
    file = io.BytesIO()
    for header in (torch_file.MAGIC, 1001, {"little_endian": True}):
        file.write(pickle.dumps(header, 2))
    file.write(pickled)
    file.write(pickle.dumps(["a"], 2))
    file.write(np.int64(len(weights)).tobytes() + weights.astype("<f4").tobytes())
    return file.getvalue()


WHOLE = _written(np.arange(7))


def test_offset_shape_and_strides_are_the_tensors(tmp_path):
    (tmp_path / "a.pth").write_bytes(WHOLE)
    tensors = torch_file.read(tmp_path / "a.pth")
    assert list(tensors) == ["weight"]
    assert tensors["weight"].dtype == np.float32
    assert tensors["weight"].tolist() == [[1, 3, 5], [2, 4, 6]]


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_file_is_refused(tmp_path_factory, length):
    file = tmp_path_factory.mktemp("cut") / "a.pth"
    file.write_bytes(WHOLE[:length])
    with pytest.raises(TorchFileError, match=r"a\.pth|ends before"):
        torch_file.read(file)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    flag = tmp_path / "ran"
    evil = io.BytesIO()
    for header in (torch_file.MAGIC, 1001, {}):
        evil.write(pickle.dumps(header, 2))
    evil.write(pickle.dumps(OrderedDict(a=_Stands(os.mkdir, str(flag))), 2))
    (tmp_path / "a.pth").write_bytes(evil.getvalue())
    with pytest.raises(TorchFileError, match=r"it names posix\.mkdir"):
        torch_file.read(tmp_path / "a.pth")
    assert not flag.exists()


def test_another_file_is_refused(tmp_path):
    (tmp_path / "a.pth").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(TorchFileError, match=r"not written by torch\.save"):
        torch_file.read(tmp_path / "a.pth")
