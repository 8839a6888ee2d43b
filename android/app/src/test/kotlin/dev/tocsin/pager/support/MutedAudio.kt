package dev.tocsin.pager.support

import android.app.NotificationManager
import android.media.AudioManager
import androidx.test.core.app.ApplicationProvider
import dev.tocsin.pager.TestTocsinApp
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowAudioManager

/**
 * The phone's volumes as Android keeps them, which Robolectric's do not: an alarm stream that do-not-disturb
 * mutes reads as none and takes no other volume, and one turned down to nothing is mute.
 */
@Implements(AudioManager::class)
class MutedAudio : ShadowAudioManager() {
    @Implementation
    override fun getStreamVolume(stream: Int) = if (silences(stream)) 0 else super.getStreamVolume(stream)

    @Implementation
    override fun setStreamVolume(
        stream: Int,
        index: Int,
        flags: Int,
    ) {
        if (!silences(stream)) super.setStreamVolume(stream, index, flags)
    }

    @Implementation
    override fun isStreamMute(stream: Int) = getStreamVolume(stream) == 0

    /** Total silence always, and priority only as a test says with [setIsStreamMute]. */
    private fun silences(stream: Int): Boolean {
        if (stream != AudioManager.STREAM_ALARM) return false
        val app = ApplicationProvider.getApplicationContext<TestTocsinApp>()
        return when (app.getSystemService(NotificationManager::class.java).currentInterruptionFilter) {
            NotificationManager.INTERRUPTION_FILTER_NONE -> true
            NotificationManager.INTERRUPTION_FILTER_PRIORITY -> super.isStreamMute(stream)
            else -> false
        }
    }
}
