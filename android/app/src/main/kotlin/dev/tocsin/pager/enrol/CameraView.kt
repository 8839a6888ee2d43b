package dev.tocsin.pager.enrol

import android.Manifest
import android.annotation.SuppressLint
import android.content.Context
import android.content.pm.PackageManager
import android.graphics.Matrix
import android.graphics.RectF
import android.graphics.SurfaceTexture
import android.util.Size
import android.view.Surface
import android.view.TextureView
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.viewinterop.AndroidView
import androidx.core.content.ContextCompat

/** Whether the camera may be used. */
fun Context.mayScan(): Boolean =
    ContextCompat.checkSelfPermission(this, Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED

/** What the camera sees, while it looks for a code. [found] and [failed] are called on the main thread. */
@Composable
fun CameraView(
    found: (String) -> Unit,
    failed: () -> Unit,
) = AndroidView(
    modifier = Modifier.fillMaxSize(),
    factory = { Finder(it, found, failed) },
    onRelease = Finder::close,
)

private class Finder(
    context: Context,
    found: (String) -> Unit,
    failed: () -> Unit,
) : TextureView(context),
    TextureView.SurfaceTextureListener {
    private val camera = QrCamera(context, { post { found(it) } }, { post(failed) })

    init {
        surfaceTextureListener = this
    }

    fun close() = camera.close()

    // Asked for before the camera is shown; refused all the same, it fails like any other camera.
    @SuppressLint("MissingPermission")
    override fun onSurfaceTextureAvailable(
        texture: SurfaceTexture,
        width: Int,
        height: Int,
    ) {
        texture.setDefaultBufferSize(camera.size.width, camera.size.height)
        fill(width, height)
        camera.open(Surface(texture))
    }

    override fun onSurfaceTextureSizeChanged(
        texture: SurfaceTexture,
        width: Int,
        height: Int,
    ) = fill(width, height)

    override fun onSurfaceTextureDestroyed(texture: SurfaceTexture): Boolean {
        camera.close()
        return true
    }

    override fun onSurfaceTextureUpdated(texture: SurfaceTexture) = Unit

    private fun fill(
        width: Int,
        height: Int,
    ) = setTransform(filling(Size(width, height), camera.size, display?.rotation ?: Surface.ROTATION_0))
}

/**
 * Puts a camera's picture upright into a view and fills it, what stands out being cut. The picture is given as
 * the sensor lies, on its side, and a [TextureView] stretches it to the view.
 */
internal fun filling(
    view: Size,
    picture: Size,
    rotation: Int,
): Matrix {
    val seen = RectF(0f, 0f, view.width.toFloat(), view.height.toFloat())
    val upright = RectF(0f, 0f, picture.height.toFloat(), picture.width.toFloat())
    upright.offset(seen.centerX() - upright.centerX(), seen.centerY() - upright.centerY())
    val scale = maxOf(seen.width() / upright.width(), seen.height() / upright.height())
    return Matrix().apply {
        setRectToRect(seen, upright, Matrix.ScaleToFit.FILL)
        postScale(scale, scale, seen.centerX(), seen.centerY())
        postRotate(-90f * rotation, seen.centerX(), seen.centerY())
    }
}
