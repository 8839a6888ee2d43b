package dev.tocsin.pager.enrol

import android.Manifest
import android.content.Context
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.util.Size
import android.view.Surface
import androidx.annotation.RequiresPermission
import kotlin.math.abs

/**
 * Looks through the back camera for a QR code. Of the framework alone, so that phones without Play services
 * can scan too.
 *
 * [found] and [failed] are called on a thread of its own, [failed] when no camera can be used.
 */
class QrCamera(
    context: Context,
    private val found: (String) -> Unit,
    private val failed: () -> Unit,
) : AutoCloseable {
    private val cameras = context.getSystemService(CameraManager::class.java)
    private val thread = HandlerThread("qr").apply { start() }
    private val handler = Handler(thread.looper)
    private val reader = QrReader()
    private val id: String? = backCamera()

    /** How large its pictures are, as the sensor lies: enough for a code on a screen an arm away. */
    val size: Size = id?.let(::pictureSize) ?: USUAL

    private val pictures =
        ImageReader.newInstance(size.width, size.height, ImageFormat.YUV_420_888, 2).apply {
            setOnImageAvailableListener({ it.acquireLatestImage()?.use(::look) }, handler)
        }

    // All below is the thread's alone.
    private var camera: CameraDevice? = null
    private var opening = false
    private var closed = false

    /** Shows what it sees on this surface until it is closed. */
    @RequiresPermission(Manifest.permission.CAMERA)
    fun open(preview: Surface) {
        val id = id ?: return failed()
        handler.post {
            if (closed) return@post
            try {
                cameras.openCamera(id, Opened(preview), handler)
                opening = true
            } catch (_: CameraAccessException) {
                failed()
            } catch (_: SecurityException) {
                failed()
            }
        }
    }

    /** A camera that is still being opened is let go as soon as it is there. */
    override fun close() {
        handler.post {
            closed = true
            camera?.close()
            pictures.close()
            if (!opening) thread.quitSafely()
        }
    }

    private fun look(picture: Image) {
        val plane = picture.planes[0]
        val brightness = ByteArray(plane.rowStride * picture.height)
        plane.buffer.get(brightness, 0, minOf(plane.buffer.remaining(), brightness.size))
        reader.read(brightness, plane.rowStride, picture.width, picture.height)?.let(found)
    }

    private inner class Opened(
        private val preview: Surface,
    ) : CameraDevice.StateCallback() {
        override fun onOpened(device: CameraDevice) {
            opening = false
            if (closed) return gone(device)
            camera = device
            val targets = listOf(preview, pictures.surface)
            // Its successor is not in Android 8.
            @Suppress("DEPRECATION")
            using(device) { createCaptureSession(targets, Running(device, targets), handler) }
        }

        override fun onDisconnected(device: CameraDevice) = gone(device)

        override fun onError(
            device: CameraDevice,
            error: Int,
        ) = gone(device)
    }

    private inner class Running(
        private val device: CameraDevice,
        private val targets: List<Surface>,
    ) : CameraCaptureSession.StateCallback() {
        override fun onConfigured(session: CameraCaptureSession) =
            using(device) {
                val request = createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
                targets.forEach(request::addTarget)
                request.set(
                    CaptureRequest.CONTROL_AF_MODE,
                    CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE,
                )
                session.setRepeatingRequest(request.build(), null, handler)
            }

        override fun onConfigureFailed(session: CameraCaptureSession) = gone(device)
    }

    /** A camera may be taken away, and the surface may go, between any two steps. */
    private fun using(
        device: CameraDevice,
        step: CameraDevice.() -> Unit,
    ) = try {
        device.step()
    } catch (_: CameraAccessException) {
        gone(device)
    } catch (_: IllegalStateException) {
        gone(device)
    } catch (_: IllegalArgumentException) {
        gone(device)
    }

    private fun gone(device: CameraDevice) {
        opening = false
        device.close()
        if (closed) thread.quitSafely() else failed()
    }

    private fun backCamera(): String? =
        try {
            val all = cameras.cameraIdList
            all.firstOrNull { facing(it) == CameraCharacteristics.LENS_FACING_BACK } ?: all.firstOrNull()
        } catch (_: CameraAccessException) {
            null
        }

    private fun facing(id: String) = cameras.getCameraCharacteristics(id)[CameraCharacteristics.LENS_FACING]

    private fun pictureSize(id: String): Size? =
        cameras
            .getCameraCharacteristics(id)[CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP]
            ?.getOutputSizes(ImageFormat.YUV_420_888)
            ?.minByOrNull { abs(it.width - USUAL.width) + abs(it.height - USUAL.height) }

    private companion object {
        val USUAL = Size(1280, 720)
    }
}
