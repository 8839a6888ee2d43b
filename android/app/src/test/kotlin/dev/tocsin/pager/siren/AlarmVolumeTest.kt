package dev.tocsin.pager.siren

import android.app.NotificationManager
import android.media.AudioManager
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.pager.support.PhoneTest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Shadows.shadowOf

/** Whatever happens at night, the owner's morning alarm is as loud as they set it. */
@RunWith(AndroidJUnit4::class)
class AlarmVolumeTest : PhoneTest() {
    private val volume by lazy { AlarmVolume(app) }

    @Test
    fun `silence that is lifted during a page does not leave the morning alarm mute`() {
        disturb(NotificationManager.INTERRUPTION_FILTER_NONE)
        volume.raise(FLOOR)
        assertEquals(0f, volume.effective())
        disturb(NotificationManager.INTERRUPTION_FILTER_ALL)
        volume.raise(FLOOR)
        assertEquals(LOUD, alarmVolume)
        volume.restore()
        assertEquals(QUIET, alarmVolume)
    }

    @Test
    fun `priority without alarms that is lifted during a page does not leave it mute either`() {
        shadowOf(audio).setIsStreamMute(AudioManager.STREAM_ALARM, true)
        disturb(NotificationManager.INTERRUPTION_FILTER_PRIORITY)
        assertTrue(volume.isSilenced())
        assertEquals(0f, volume.raised(FLOOR))
        volume.raise(FLOOR)
        disturb(NotificationManager.INTERRUPTION_FILTER_ALL)
        volume.raise(FLOOR)
        volume.restore()
        assertEquals(QUIET, alarmVolume)
    }

    @Test
    fun `silence that begins during a page puts off what was to be put back`() {
        volume.raise(FLOOR)
        disturb(NotificationManager.INTERRUPTION_FILTER_NONE)
        volume.restore()
        disturb(NotificationManager.INTERRUPTION_FILTER_ALL)
        assertEquals(LOUD, alarmVolume)
        AlarmVolume(app).restore()
        assertEquals(QUIET, alarmVolume)
    }

    @Test
    fun `an alarm turned down to nothing is mute and is raised all the same`() {
        alarmVolume = 0
        assertTrue(audio.isStreamMute(AudioManager.STREAM_ALARM))
        assertFalse(volume.isSilenced())
        assertEquals(LOUD / FULL, volume.raised(FLOOR))
        disturb(NotificationManager.INTERRUPTION_FILTER_ALARMS)
        volume.raise(FLOOR)
        assertEquals(LOUD, alarmVolume)
        volume.restore()
        assertEquals(0, alarmVolume)
    }

    @Test
    fun `who chose another volume during a page keeps it`() {
        volume.raise(FLOOR)
        alarmVolume = 3
        volume.restore()
        assertEquals(3, alarmVolume)
    }

    private fun disturb(filter: Int) = notifications.setInterruptionFilter(filter)

    private companion object {
        const val FLOOR = 0.8f
        const val FULL = 7f
    }
}
