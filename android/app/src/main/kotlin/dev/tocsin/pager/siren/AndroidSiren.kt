package dev.tocsin.pager.siren

import android.media.AudioManager
import android.os.PowerManager
import android.util.Log
import dev.tocsin.core.Loudness
import dev.tocsin.core.SirenEvent
import dev.tocsin.core.SirenPort
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.notify.PageNotice
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.phone.sirenFloor
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.Executors

/**
 * The siren as Android performs it: sound, vibration, torch, and what keeps them going.
 *
 * It promises that only the core ends it: swipe, volume key, back, another app's focus, headphones pulled
 * out and the death of the process do not. The core calls from its own threads and waits for nothing: the
 * foreground service is asked for in the call itself, and the sound begins at once on the siren's thread,
 * because the system takes its time to create a service on the main thread and the process may play while
 * it does. From Android 17 sound from the background needs the service or, for USAGE_ALARM, the permission
 * for exact alarms; Tocsin has both, so whichever comes first will do. The processor is kept awake from the
 * call itself, because whoever woke it (an alarm, a push, a reboot) lets it sleep when the call returns.
 *
 * [report] hears what the output did, [settled] returns once what the core was told is on disk, or false when
 * it could not be stored.
 */
class AndroidSiren(
    private val app: TocsinApp,
    private val report: (SirenEvent) -> Unit,
    private val settled: suspend () -> Boolean,
) : SirenPort {
    private val thread = Executors.newSingleThreadExecutor { Thread(it, "siren") }
    private val scope: CoroutineScope = app.life + thread.asCoroutineDispatcher()
    private val asked = MutableStateFlow(false)
    private val awake =
        app
            .getSystemService(PowerManager::class.java)
            .newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "tocsin:siren")
            .apply { setReferenceCounted(false) }

    // All below is the siren's thread's alone.
    private val volume = AlarmVolume(app)
    private val outputs = Outputs(app.getSystemService(AudioManager::class.java))
    private val surroundings = Surroundings(app, ::hold)
    private val focus = Focus(app)
    private val vibration = Vibration(app)
    private val torch = Torch(app, scope)
    private val watchdog = Watchdog(app)
    private val notice = PageNotice(app)
    private var served = false
    private var confirming: Job? = null
    private var rehearsing: Job? = null

    /** Whether it shall sound. */
    val rings: StateFlow<Boolean> = asked.asStateFlow()

    init {
        app.life.coroutineContext.job
            .invokeOnCompletion { thread.shutdown() }
        notice.follow(rings)
        followTeams()
    }

    override fun start(loudness: Loudness) {
        asked.value = true
        ring(loudness)
    }

    override fun stop() {
        asked.value = false
        scope.launch { silence() }
    }

    override fun rehearse() {
        rehearsing = scope.launch { if (!asked.value) rehearsal() }
    }

    /** Sees to it that what shall sound does, after a minute or after whatever else may have ended it. */
    fun ringOn() {
        if (asked.value) ring(Loudness.FULL)
    }

    /** Clears up what a process that died has left, unless it rings on. Done once, when the pager is open. */
    fun settle() {
        scope.launch { if (!asked.value) leaveNothing() }
    }

    private fun ring(loudness: Loudness) {
        synchronized(awake) { awake.acquire(AWAKE_MS) }
        val served = SirenService.start(app)
        scope.launch { sound(loudness, served) }
    }

    private fun sound(
        loudness: Loudness,
        served: Boolean,
    ) {
        if (!asked.value) return rest()
        // First, so that whatever goes wrong below is tried again even if it ends the process.
        watchdog.arm()
        rehearsing?.cancel()
        volume.raise(app.sirenFloor())
        try {
            outputs.play(loudness)
        } catch (refused: SoundRefused) {
            return fail(refused.text)
        }
        confirm()
        focus.ask()
        surroundings.watch()
        if (app.settings.vibrate) vibration.start()
        if (app.settings.torch) torch.start()
        this.served = served
        if (served) notice.calm() else notice.insist()
    }

    /** Says that it sounds once the output has moved on, and not because it was told to or did so earlier. */
    private fun confirm() {
        confirming?.cancel()
        confirming =
            scope.launch {
                if (moves()) report(SirenEvent.Started(volume.effective())) else fail(STILL)
            }
    }

    private suspend fun moves(): Boolean {
        val taken = outputs.taken()
        return withTimeoutOrNull(MOVES_WITHIN_MS) {
            while (outputs.taken() == taken) delay(LOOK_EVERY_MS)
            true
        } ?: false
    }

    /** The core tries again; meanwhile the watchdog runs, the phone vibrates and the notification sounds. */
    private fun fail(why: String) {
        Log.w("tocsin", "the siren does not sound: $why")
        outputs.release()
        // The system keeps every notification mute while it is held.
        focus.give()
        if (app.settings.vibrate) vibration.start()
        notice.insist()
        report(SirenEvent.Failed(why))
    }

    /** A siren may begin before it is known how loud the teams want it. */
    private fun followTeams() {
        app.life.launch {
            Phone.home
                .map { it?.rules }
                .distinctUntilChanged()
                .collect { hold() }
        }
    }

    /** A volume was turned or an output came or went: it goes on, as loud and wherever it is heard. */
    private fun hold() {
        scope.launch {
            if (!asked.value) return@launch
            volume.raise(app.sirenFloor())
            if (outputs.changed()) sound(Loudness.FULL, served)
        }
    }

    private fun silence() {
        if (asked.value) return
        confirming?.cancel()
        outputs.release()
        surroundings.leave()
        vibration.stop()
        torch.stop()
        focus.give()
        notice.calm()
        leaveNothing()
    }

    /** The watchdog is called off only when what ended the siren is on disk: a process may die right now. */
    private fun leaveNothing() {
        volume.restore()
        scope.launch {
            val stored = settled()
            if (asked.value) return@launch
            if (stored) watchdog.cancel()
            rest()
        }
    }

    /** The processor may sleep, unless the siren was asked for meanwhile. */
    private fun rest() = synchronized(awake) { if (!asked.value) awake.release() }

    private suspend fun rehearsal() {
        try {
            outputs.play(Loudness.FULL, silently = true)
            val moved = moves()
            val heard = volume.raised(app.sirenFloor())
            report(if (moved) SirenEvent.Rehearsed(heard) else SirenEvent.Failed(STILL))
        } catch (refused: SoundRefused) {
            report(SirenEvent.Failed(refused.text))
        } finally {
            if (!asked.value) outputs.release()
        }
    }

    private companion object {
        const val MOVES_WITHIN_MS = 2_000L
        const val LOOK_EVERY_MS = 5L

        /** Longer than from one bark of the watchdog to the next. */
        const val AWAKE_MS = 2 * Watchdog.EVERY_MS

        const val STILL = "the sound output took the siren and plays nothing; restart the phone if this stays"
    }
}
