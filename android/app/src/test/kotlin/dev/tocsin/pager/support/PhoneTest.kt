package dev.tocsin.pager.support

import android.app.AlarmManager
import android.app.Notification
import android.app.NotificationManager
import android.content.Intent
import android.media.AudioDeviceInfo
import android.media.AudioManager
import androidx.test.core.app.ApplicationProvider
import dev.tocsin.core.Code
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.Pager
import dev.tocsin.core.typedEnrolment
import dev.tocsin.pager.TestTocsinApp
import dev.tocsin.pager.notify.PageNotice
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.siren.SirenService
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Before
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ServiceController
import org.robolectric.annotation.Config
import org.robolectric.shadows.AudioDeviceInfoBuilder
import org.robolectric.shadows.ShadowAlarmManager

/** A phone with the real core in it, somebody's at a real server, and the words to tell of its nights. */
@Config(shadows = [PlainBluetooth::class, Loudspeaker.Track::class, MutedAudio::class])
abstract class PhoneTest {
    protected val loudspeaker = Loudspeaker()
    private val toClose = mutableListOf<AutoCloseable>()

    protected val app: TestTocsinApp get() = ApplicationProvider.getApplicationContext()
    protected val pager: Pager get() = Phone.pager(app)
    protected val home: HomeScreen? get() = Phone.home.value
    protected val audio: AudioManager get() = app.getSystemService(AudioManager::class.java)
    protected val notifications: NotificationManager
        get() = app.getSystemService(NotificationManager::class.java)

    protected var alarmVolume: Int
        get() = audio.getStreamVolume(AudioManager.STREAM_ALARM)
        set(level) = audio.setStreamVolume(AudioManager.STREAM_ALARM, level, 0)

    protected val pageNotice: Notification? get() = shadowOf(notifications).getNotification(PageNotice.NUMBER)

    /** The alarm that would ring the phone again. */
    protected val watchdog get() = alarms.peekNextScheduledAlarm()

    private val alarms get() = shadowOf(app.getSystemService(AlarmManager::class.java))

    @Before
    fun listen() {
        loudspeaker.listen()
        alarmVolume = QUIET
        ShadowAlarmManager.setCanScheduleExactAlarms(true)
    }

    @After
    fun closeAll() {
        loudspeaker.leave()
        Phone.end()
        toClose.reversed().forEach(AutoCloseable::close)
    }

    /** To be ended after the test. */
    protected fun <T : AutoCloseable> T.forThisTest(): T = also(toClose::add)

    /** Makes this phone somebody's and waits until the server has heard of it. */
    protected fun enrol(
        server: TocsinServer,
        person: String = "ana",
    ) {
        val enrolment = typedEnrolment(server.url, server.code(person))
        runBlocking { pager.enroll(enrolment, TocsinServer.PHONE, null, false) }
        await("the phone is on the live stream") { server.device(person).getBoolean("connected") }
    }

    /** Waits for the siren, and lets the service come up that the system was asked for. */
    protected fun awaitSiren(): ServiceController<SirenService> {
        await("the siren sounds") { home?.siren?.confirmed == true }
        val wanted = checkNotNull(nextSirenService()) { "no service was asked for" }
        return Robolectric.buildService(SirenService::class.java, wanted).create().startCommand(0, 1)
    }

    /** Lets the phone have these sound outputs, by their types. */
    protected fun attach(vararg types: Int) = shadowOf(audio).setOutputDevices(types.map(::output))

    /** A sound output of this type, one of [AudioDeviceInfo]'s. */
    protected fun output(type: Int): AudioDeviceInfo =
        AudioDeviceInfoBuilder.newBuilder().setType(type).build()

    /** How the system was asked for the siren's service, if it was and has not been looked at. */
    protected fun nextSirenService(): Intent? =
        generateSequence { shadowOf(app).nextStartedService }
            .firstOrNull { it.component?.className == SirenService::class.java.name }

    /** Waits until nothing of a siren is left. */
    protected fun awaitSilence() {
        await("the siren is silent") { loudspeaker.playing.isEmpty() && home?.siren?.ringing == false }
        await("the notification is gone") { pageNotice == null }
        await("the watchdog is called off") { watchdog == null }
        await("the volume is as it was") { alarmVolume == QUIET }
    }

    /** The minute is over. */
    protected fun bark() = alarms.fireAlarm(checkNotNull(watchdog))

    /** What is wrong with this phone, by the core's judgement. */
    protected fun findings(): List<Code> =
        home
            ?.readiness
            ?.findings
            .orEmpty()
            .map { it.code }

    /** Taps a button of the page's notification. */
    protected fun tap(label: String) {
        val button = pageNotice?.actions.orEmpty().first { it.title == label }
        button.actionIntent.send()
    }

    protected companion object {
        /** The alarm volume before anything happens, of seven. */
        const val QUIET = 1

        /** The alarm volume of a siren: 0.8 of seven, rounded up. */
        const val LOUD = 6
    }
}
