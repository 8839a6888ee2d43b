package dev.tocsin.pager.siren

import android.media.AudioDeviceInfo
import android.media.AudioManager
import android.media.AudioTrack
import android.os.Looper
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Loudness
import dev.tocsin.core.SirenEvent
import dev.tocsin.pager.notify.PageNotice
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.support.PATIENCE_MS
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.await
import kotlinx.coroutines.CompletableDeferred
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowPowerManager
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** What the siren does at the moments when something else happens too. The test is the core. */
@RunWith(AndroidJUnit4::class)
class AndroidSirenTest : PhoneTest() {
    private val told = CopyOnWriteArrayList<SirenEvent>()
    private val storing = CompletableDeferred<Unit>()
    private val stored = CompletableDeferred<Boolean>()
    private val siren by lazy {
        AndroidSiren(
            app,
            report = told::add,
            settled = {
                storing.complete(Unit)
                stored.await()
            },
        )
    }

    private val awake get() = checkNotNull(ShadowPowerManager.getLatestWakeLock()).isHeld

    private val alarmTone get() = shadowOf(notifications).getNotification(PageNotice.INSISTENT)

    @Test
    fun `the processor is kept awake from the call itself, before there is a sound`() {
        startAnd { assertTrue(awake) }
        await("it sounds") { told.any { it is SirenEvent.Started } }
        assertTrue(awake)
    }

    @Test
    fun `watchdog and processor stay awake until the end of the page is stored`() {
        sound()
        siren.stop()
        await("the end is being stored") { storing.isCompleted }
        assertTrue("it is silent at once", loudspeaker.playing.isEmpty())
        assertNotNull("a process that dies now would not know of the end", watchdog)
        assertTrue(awake)
        stored.complete(true)
        await("the watchdog is called off") { watchdog == null }
        await("the processor may sleep") { !awake }
    }

    @Test
    fun `while the end of a page cannot be stored the watchdog stays`() {
        sound()
        siren.stop()
        stored.complete(false)
        await("the processor may sleep") { !awake }
        assertNotNull("the next process would not know of the end", watchdog)
    }

    @Test
    fun `a phone whose output refuses the siren stays awake for the next try, and leaks no track`() {
        attach(AudioDeviceInfo.TYPE_BUILTIN_SPEAKER, AudioDeviceInfo.TYPE_WIRED_HEADPHONES)
        loudspeaker.refuses = { it?.type == AudioDeviceInfo.TYPE_BUILTIN_SPEAKER }
        siren.start(Loudness.FULL)
        await("it says so") { told.any { it is SirenEvent.Failed } }
        assertTrue(awake)
        assertNotNull("the alarm tone sounds instead", alarmTone)
        assertTrue(loudspeaker.tracks.isNotEmpty())
        assertTrue(loudspeaker.tracks.all { it.state == AudioTrack.STATE_UNINITIALIZED })
        loudspeaker.refuses = { false }
        siren.start(Loudness.FULL)
        await("it sounds") { told.lastOrNull() is SirenEvent.Started }
        assertNull("the alarm tone ends", alarmTone)
    }

    @Test
    fun `headphones that refuse the siren do not silence the speaker`() {
        attach(AudioDeviceInfo.TYPE_BUILTIN_SPEAKER, AudioDeviceInfo.TYPE_BLUETOOTH_A2DP)
        loudspeaker.refuses = { it?.type == AudioDeviceInfo.TYPE_BLUETOOTH_A2DP }
        siren.start(Loudness.FULL)
        await("it sounds") { told.any { it is SirenEvent.Started } }
        assertEquals(listOf(AudioDeviceInfo.TYPE_BUILTIN_SPEAKER), loudspeaker.heardFrom)
        assertEquals("the refused one is gone", 1, loudspeaker.tracks.count(::exists))
    }

    @Test
    fun `an output that got stuck is noticed a minute later and begun anew`() {
        sound()
        loudspeaker.stuck = true
        siren.ringOn()
        await("it says so") { told.lastOrNull() is SirenEvent.Failed }
        assertTrue(loudspeaker.playing.isEmpty())
        assertNotNull("the alarm tone may be heard", shadowOf(audio).lastAbandonedAudioFocusRequest)
        loudspeaker.stuck = false
        siren.start(Loudness.FULL)
        await("it sounds again") { told.lastOrNull() is SirenEvent.Started }
        assertEquals(2, loudspeaker.tracks.size)
    }

    @Test
    fun `a check-in while the siren begins leaves no alarm tone`() {
        app.refusesServices = true
        startAnd {
            siren.stop()
            shadowOf(Looper.getMainLooper()).idle()
        }
        await("the end is being stored") { storing.isCompleted }
        assertNull(alarmTone)
    }

    @Test
    fun `a service that comes too late and is refused leaves no alarm tone`() {
        assertFalse(Phone.rings(app).value)
        val late = Robolectric.buildService(SirenService::class.java)
        shadowOf(late.get()).setThrowInStartForeground(IllegalStateException("not allowed"))
        late.create().startCommand(0, 1)
        assertNull(alarmTone)
        assertTrue(shadowOf(late.get()).isStoppedBySelf)
    }

    @Test
    fun `other apps are asked to be quiet while it sounds, and may go on afterwards`() {
        sound()
        await("they are asked") { shadowOf(audio).lastAudioFocusRequest != null }
        val asked = shadowOf(audio).lastAudioFocusRequest.audioFocusRequest
        assertEquals(AudioManager.AUDIOFOCUS_GAIN_TRANSIENT_EXCLUSIVE, asked.focusGain)
        assertEquals(ALARM, asked.audioAttributes)
        assertNull(shadowOf(audio).lastAbandonedAudioFocusRequest)
        siren.stop()
        await("they may go on") { shadowOf(audio).lastAbandonedAudioFocusRequest == asked }
    }

    private fun sound() {
        siren.start(Loudness.FULL)
        await("it sounds") { told.any { it is SirenEvent.Started } }
    }

    /** Starts the siren and does this while its thread fills the first track. */
    private fun startAnd(meanwhile: () -> Unit) {
        val begun = CountDownLatch(1)
        val done = CountDownLatch(1)
        loudspeaker.filling = {
            begun.countDown()
            check(done.await(PATIENCE_MS, TimeUnit.MILLISECONDS))
        }
        siren.start(Loudness.FULL)
        check(begun.await(PATIENCE_MS, TimeUnit.MILLISECONDS))
        try {
            meanwhile()
        } finally {
            done.countDown()
        }
    }

    private fun exists(track: AudioTrack) = track.state != AudioTrack.STATE_UNINITIALIZED
}
