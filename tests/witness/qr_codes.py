"""The QR code in a picture, as zxing-cpp reads it."""

import io

import zxingcpp
from PIL import Image


def read_qr_code(picture: Image.Image | bytes) -> zxingcpp.Barcode:
    """Read the one QR code that a picture (or the file of one) shows.

    Only QR codes are asked for, as the product does: asked for any symbol, zxing-cpp once found a second one in a face.
    """
    image = picture if isinstance(picture, Image.Image) else Image.open(io.BytesIO(picture))
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    assert len(found) == 1, [symbol.text for symbol in found]
    return found[0]
