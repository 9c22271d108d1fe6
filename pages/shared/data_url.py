"""Pictures inside addresses, so that the server keeps no file of them."""

import base64


def data_url(data: bytes, kind: str) -> str:
    """The address of a picture that holds all of it.

    Args:
        data: of the file.
        kind: its format, `jpeg` or `png`.
    """
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
