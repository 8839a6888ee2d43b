package dev.tocsin.pager.enrol

import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.view.Surface
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.SlowCameras
import dev.tocsin.pager.support.await
import dev.tocsin.pager.support.awaitSome
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowCameraCharacteristics
import java.util.concurrent.atomic.AtomicInteger

/** The camera is another's again as soon as nobody scans, and one that fails leads to typing. */
@RunWith(AndroidJUnit4::class)
@Config(shadows = [SlowCameras::class])
class QrCameraTest : PhoneTest() {
    private val failures = AtomicInteger()

    @Test
    fun `a camera that opens after the person has left is closed again`() {
        val camera = camera()
        camera.open(surface())
        val answer = awaitSome("the camera is asked for") { SlowCameras.pending.poll() }
        camera.close()
        answer.run()
        await("nobody holds it") { answer.isClosed }
        assertEquals(0, failures.get())
    }

    @Test
    fun `a camera that fails after it was opened is a failure, and no crash`() {
        val camera = camera()
        camera.open(surface())
        val answer = awaitSome("the camera is asked for") { SlowCameras.pending.poll() }
        answer.device.close()
        answer.run()
        await("the person may type instead") { failures.get() == 1 }
        camera.close()
    }

    private fun camera(): QrCamera {
        val back = ShadowCameraCharacteristics.newCameraCharacteristics()
        shadowOf(back).set(CameraCharacteristics.LENS_FACING, CameraCharacteristics.LENS_FACING_BACK)
        shadowOf(app.getSystemService(CameraManager::class.java)).addCamera("back", back)
        return QrCamera(app, {}, { failures.incrementAndGet() })
    }

    private fun surface() = Surface(SurfaceTexture(0))
}
