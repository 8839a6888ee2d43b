package dev.tocsin.pager.checks

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Color
import androidx.compose.ui.graphics.asAndroidBitmap
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.captureToImage
import java.io.File
import kotlin.math.abs

/** Robolectric qualifiers: a phone of 411 x 891 dp with two pixels per dp, in English. */
const val ENGLISH_PHONE = "en-rUS-w411dp-h891dp-xhdpi"

/** The same phone in Korean. */
const val KOREAN_PHONE = "ko-rKR-w411dp-h891dp-xhdpi"

/** Two colour channels are alike when they differ by no more than this, of 255: fonts smooth differently. */
private const val CHANNEL_TOLERANCE = 24

/** The share of pixels that may be unlike before a picture is another one. */
private const val PIXEL_TOLERANCE = 0.005

/** Writes what this node shows to `NAME.png` in the folder that the property `tocsin.screens` names. */
fun SemanticsNodeInteraction.saveAs(name: String): File {
    val file = folder("tocsin.screens").resolve("$name.png")
    file.parentFile?.mkdirs()
    val picture = captureToImage().asAndroidBitmap()
    file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
    return file
}

/**
 * Fails unless this node looks like the picture `NAME.png` of the documentation (property
 * `tocsin.documented`). What it looks like now is written as [saveAs] does, to look at and to replace the
 * picture with.
 */
fun SemanticsNodeInteraction.assertLooksAsDocumented(name: String) {
    val shown = saveAs(name)
    val documented = folder("tocsin.documented").resolve("$name.png")
    check(documented.exists()) { "$documented is missing: look at $shown, then copy it there" }
    val unlike = shareOfUnlikePixels(read(documented), read(shown))
    check(unlike <= PIXEL_TOLERANCE) {
        "%.2f %% of $shown differ from $documented: look at both, then copy or mend".format(unlike * 100)
    }
}

private fun folder(property: String) =
    File(
        checkNotNull(System.getProperty(property)) {
            "$property is not set"
        },
    )

private fun read(file: File): Bitmap =
    checkNotNull(BitmapFactory.decodeFile(file.path)) {
        "$file is no picture"
    }

private fun shareOfUnlikePixels(
    one: Bitmap,
    other: Bitmap,
): Double {
    if (one.width != other.width || one.height != other.height) return 1.0
    val left = pixels(one)
    val right = pixels(other)
    return left.indices.count { !alike(left[it], right[it]) } / left.size.toDouble()
}

private fun pixels(picture: Bitmap) =
    IntArray(picture.width * picture.height).also {
        picture.getPixels(it, 0, picture.width, 0, 0, picture.width, picture.height)
    }

private fun alike(
    one: Int,
    other: Int,
) = listOf<(Int) -> Int>(Color::red, Color::green, Color::blue)
    .all { channel -> abs(channel(one) - channel(other)) <= CHANNEL_TOLERANCE }
