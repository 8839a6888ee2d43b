package dev.tocsin.pager.phone

import android.content.Context
import android.util.Log
import dev.tocsin.core.HomeObserver
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.Language
import dev.tocsin.core.Observation
import dev.tocsin.core.Pager
import dev.tocsin.core.PagerException
import dev.tocsin.core.Ports
import dev.tocsin.core.Push
import dev.tocsin.core.Setup
import dev.tocsin.core.SirenEvent
import dev.tocsin.core.Transport
import dev.tocsin.core.uniffiEnsureInitialized
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.live.awake
import dev.tocsin.pager.siren.AndroidSiren
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/**
 * This process's pager: the core, opened by whoever needs it first, with the ports that Android performs.
 *
 * It promises that every way into the process (a push, a reboot, the watchdog, the person) opens the same
 * pager, and that whatever rings in the store sounds as soon as it is open. The ports reach the pager
 * through here and never hold it.
 */
object Phone {
    private val shown = MutableStateFlow<HomeScreen?>(null)
    private var opened: Opened? = null

    /** What to show at home; nothing while the phone is nobody's or the pager is not open. */
    val home: StateFlow<HomeScreen?> = shown.asStateFlow()

    /** The pager, opened if it is not. Throws [PagerException.Device] when its file or safe cannot be used. */
    fun pager(context: Context): Pager = open(context, null).pager

    /** A push came, sealed to this device: it sounds before anything else happens. */
    fun receivePush(
        context: Context,
        transport: Transport,
        bytes: ByteArray,
    ) {
        // Begun in this very call: whoever delivers lets the processor sleep when it returns.
        TocsinApp.of(context).life.launch(start = CoroutineStart.UNDISPATCHED) {
            context.awake { handIn(context, Push(transport, bytes)).settled() }
        }
    }

    /** The watchdog barked: what should sound, sounds. */
    fun ringOn(context: Context) = open(context, null).siren.ringOn()

    /** Whether the siren shall sound now, by this process's pager. */
    fun rings(context: Context): StateFlow<Boolean> = open(context, null).siren.rings

    /** What the siren's output did; nobody hears of it after the end. */
    fun report(event: SirenEvent) {
        current()?.pager?.sirenReported(event)
    }

    /** What the core says is in the language that the owner reads now. */
    fun speak(context: Context) {
        current()?.pager?.speak(language(context))
    }

    /** Returns once everything handed in before is on disk, or false when it could not be stored. */
    suspend fun settled(): Boolean = current()?.pager?.settled() ?: true

    /** Ends everything as the end of the process does; see [TocsinApp.onTerminate]. */
    @Synchronized
    fun end() {
        opened?.end()
        opened = null
        shown.value = null
    }

    private fun handIn(
        context: Context,
        push: Push,
    ): Pager {
        val running = current() ?: return open(context, push).pager
        try {
            running.pager.receivePush(push.transport, push.bytes)
        } catch (nobodys: PagerException.NotEnrolled) {
            Log.i("tocsin", "a push for nobody: ${nobodys.text}")
        }
        return running.pager
    }

    /** Waits while it is being opened on another thread. */
    @Synchronized
    private fun current(): Opened? = opened

    @Synchronized
    private fun open(
        context: Context,
        wokenBy: Push?,
    ): Opened = opened ?: begin(TocsinApp.of(context), wokenBy).also { opened = it }

    /** A library of another version than the Kotlin beside it is found here, not in the middle of a page. */
    private fun begin(
        app: TocsinApp,
        wokenBy: Push?,
    ): Opened {
        uniffiEnsureInitialized()
        return Opened(app, wokenBy)
    }

    /** A pager with what works for it. */
    private class Opened(
        app: TocsinApp,
        wokenBy: Push?,
    ) : HomeObserver {
        val siren = AndroidSiren(app, ::report, ::settled)
        val pager: Pager = Pager.open(setup(app, wokenBy), ports(app))
        private val watcher = DeviceWatcher(app, pager::deviceChanged)

        @Volatile private var ended = false
        private val looking: Observation

        init {
            siren.settle()
            looking = pager.observe(this)
            watcher.start()
        }

        override fun show(home: HomeScreen?) {
            if (!ended) shown.value = home
        }

        fun end() {
            ended = true
            watcher.stop()
            looking.end()
            looking.close()
            pager.close()
        }

        private fun setup(
            app: TocsinApp,
            wokenBy: Push?,
        ) = Setup(
            folder = app.createDeviceProtectedStorageContext().noBackupFilesDir.path,
            language = language(app),
            wokenBy = wokenBy,
        )

        private fun ports(app: TocsinApp) =
            Ports(
                siren = siren,
                clock = AndroidClock(app),
                device = AndroidDevice(app),
                safe = AndroidSafe(app),
                authorities = AndroidAuthorities(),
            )
    }

    private fun language(context: Context): Language {
        val chosen = context.resources.configuration.locales[0]
        return if (chosen.language == "ko") Language.KOREAN else Language.ENGLISH
    }
}
