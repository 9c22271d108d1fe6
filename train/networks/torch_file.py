"""Read tensors from a file that `torch.save` wrote, without PyTorch.

A `.pth` file is a pickle, and a pickle can run code. This reader accepts only the four names that a
plain state dict needs. The format is the one `torch.save` wrote before PyTorch 1.6: three headers,
the pickled dict, the list of storages, then each storage as its length and its numbers.
"""

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES: dict[str, np.dtype] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class TorchFileError(ValueError):
    """A file that is not a plain state dict; the message says what it holds instead."""


def read(path: Path) -> dict[str, np.ndarray]:
    """Read a state dict.

    Args:
        path: a `.pth` file.
    Returns:
        dict of name to array, float32 or int64, in the file's order.
    Raises:
        TorchFileError: the file has another format or names something that could run code.
    """
    with open(path, "rb") as file:
        try:
            if _Reader(file).load() != MAGIC:
                raise TorchFileError(f"{path} was not written by torch.save before PyTorch 1.6.")
            _Reader(file).load()  # version of the protocol
            _Reader(file).load()  # sizes of the writer's numbers
            tensors = _Reader(file).load()
            storages = dict.fromkeys(_Reader(file).load())
            dtypes = {tensor.storage: tensor.dtype for tensor in tensors.values()}
            for key in storages:
                (length,) = np.fromfile(file, "<i8", 1)
                storages[key] = np.fromfile(file, dtypes[key], int(length))
        except TorchFileError:
            raise
        except (pickle.UnpicklingError, EOFError, LookupError, TypeError, ValueError) as error:
            raise TorchFileError(f"{path} is not a plain state dict ({error}).") from error
    return {name: tensor.filled(storages) for name, tensor in tensors.items()}


class _Tensor:
    """The description of a tensor in the pickle, before its numbers are read."""

    def __init__(self, storage, offset, shape, strides, *_):
        _, kind, self.storage, *_ = storage
        self.dtype = DTYPES[kind]
        self.offset, self.shape, self.strides = offset, shape, strides

    def filled(self, storages):
        numbers = storages[self.storage][self.offset :]
        last = sum(step * (size - 1) for step, size in zip(self.strides, self.shape, strict=True))
        if last >= len(numbers):
            raise TorchFileError("The file ends before its tensors do.")
        strides = [step * self.dtype.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(numbers, self.shape, strides).copy()


class _Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in DTYPES:
            return name
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, reference):
        return reference
