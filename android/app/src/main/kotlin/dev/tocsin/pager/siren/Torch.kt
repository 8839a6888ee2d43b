package dev.tocsin.pager.siren

import android.content.Context
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.util.Log
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch

/**
 * Flashes the torch once a second while the siren sounds, for those who do not hear it. That is well below
 * the three flashes a second that may cause seizures (WCAG 2.2, success criterion 2.3.1). It needs no
 * permission, and fails in silence: it is an extra.
 */
class Torch(
    context: Context,
    private val scope: CoroutineScope,
) {
    private val cameras = context.getSystemService(CameraManager::class.java)
    private var flashing: Job? = null

    /** Until it is stopped. */
    fun start() {
        if (flashing?.isActive == true) return
        flashing =
            scope.launch {
                val camera = withFlash() ?: return@launch
                try {
                    while (light(camera, true)) {
                        delay(HALF_MS)
                        light(camera, false)
                        delay(HALF_MS)
                    }
                } finally {
                    light(camera, false)
                }
            }
    }

    /** Dark, soon. */
    fun stop() {
        flashing?.cancel()
    }

    private fun withFlash(): String? =
        try {
            cameras.cameraIdList.firstOrNull { camera ->
                cameras.getCameraCharacteristics(camera)[CameraCharacteristics.FLASH_INFO_AVAILABLE] == true
            }
        } catch (error: CameraAccessException) {
            Log.i("tocsin", "no torch: ${error.message}")
            null
        }

    private fun light(
        camera: String,
        on: Boolean,
    ): Boolean =
        try {
            cameras.setTorchMode(camera, on)
            true
        } catch (error: CameraAccessException) {
            // Another app has the camera; the next page may have it.
            Log.i("tocsin", "no torch: ${error.message}")
            false
        }

    private companion object {
        const val HALF_MS = 500L
    }
}
