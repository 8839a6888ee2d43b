package dev.tocsin.pager.support

import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowCameraManager
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executor

/** Cameras that take their time: they are open when the test says so. */
@Implements(CameraManager::class)
class SlowCameras : ShadowCameraManager() {
    /** A camera that has been asked for. */
    class Answer(
        /** The camera. */
        val device: CameraDevice,
        private val tell: () -> Unit,
    ) {
        /** Whether nobody holds it. */
        val isClosed: Boolean
            get() =
                try {
                    device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
                    false
                } catch (_: IllegalStateException) {
                    true
                }

        /** It is open now. */
        fun run() = tell()
    }

    @Implementation(minSdk = 35, maxSdk = 35)
    override fun openCameraDeviceUserAsync(
        id: String?,
        callback: CameraDevice.StateCallback?,
        executor: Executor?,
        uid: Int,
        adjustment: Int,
        rotation: Int,
    ): CameraDevice {
        val held = mutableListOf<Runnable>()
        val device = super.openCameraDeviceUserAsync(id, callback, held::add, uid, adjustment)
        pending += Answer(device) { executor?.execute { held.toList().forEach(Runnable::run) } }
        return device
    }

    companion object {
        /** What was asked for and is not open yet. */
        val pending = ConcurrentLinkedQueue<Answer>()
    }
}
