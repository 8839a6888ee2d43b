package dev.tocsin.pager.enrol

import com.google.zxing.BarcodeFormat
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.PlanarYUVLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader

/** Finds a QR code (ISO/IEC 18004) in a picture. */
class QrReader {
    private val reader = QRCodeReader()
    private val hints =
        mapOf(
            DecodeHintType.POSSIBLE_FORMATS to listOf(BarcodeFormat.QR_CODE),
            DecodeHintType.CHARACTER_SET to "UTF-8",
        )

    /**
     * What the code in this picture says; nothing when there is none. Light on dark, as terminals show it, is
     * read as well as dark on light.
     *
     * [brightness]: a byte for each point, row by row, [stride] bytes apart.
     */
    fun read(
        brightness: ByteArray,
        stride: Int,
        width: Int,
        height: Int,
    ): String? {
        val picture = PlanarYUVLuminanceSource(brightness, stride, height, 0, 0, width, height, false)
        return decode(BinaryBitmap(HybridBinarizer(picture)))
            ?: decode(BinaryBitmap(HybridBinarizer(picture.invert())))
    }

    private fun decode(picture: BinaryBitmap): String? =
        try {
            reader.decode(picture, hints).text
        } catch (_: ReaderException) {
            null
        } finally {
            reader.reset()
        }
}
