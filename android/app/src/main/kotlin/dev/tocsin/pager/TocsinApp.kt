package dev.tocsin.pager

import android.app.Application
import android.content.Context
import android.content.res.Configuration
import dev.tocsin.pager.glance.Glance
import dev.tocsin.pager.live.Live
import dev.tocsin.pager.notify.Channels
import dev.tocsin.pager.notify.Notices
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.push.Pushes
import dev.tocsin.pager.settings.Settings
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import java.time.Clock

/**
 * The process. It may be started by anything (a push, an alarm, a reboot, the person) and before the first
 * unlock, so nothing here needs what opens only then, and nothing here takes time: the pager itself is
 * opened by the first who needs it, see [Phone].
 */
open class TocsinApp : Application() {
    /** What the owner chose. */
    lateinit var settings: Settings
        private set

    /** The ways for pushes to reach this phone. */
    lateinit var pushes: Pushes
        private set

    /** Work that goes on as long as the process, on the main thread unless it says otherwise. */
    lateinit var life: CoroutineScope
        private set

    /** The phone's clock, as its owner or the network has set it. */
    open val clock: Clock = Clock.systemUTC()

    override fun onCreate() {
        super.onCreate()
        settings = Settings(this)
        pushes = Pushes(this)
        life = CoroutineScope(SupervisorJob() + Dispatchers.Main)
        Channels.create(this)
        life.launch { Live.follow(this@TocsinApp) }
        life.launch { Glance.follow(this@TocsinApp) }
        life.launch { Notices(this@TocsinApp).follow() }
    }

    override fun onConfigurationChanged(newConfig: Configuration) {
        super.onConfigurationChanged(newConfig)
        Phone.speak(this)
    }

    /** Ends everything at once and says goodbye to nobody. Only where processes are emulated is it called. */
    override fun onTerminate() {
        life.cancel()
        Phone.end()
        super.onTerminate()
    }

    companion object {
        /** This process's. */
        fun of(context: Context): TocsinApp = context.applicationContext as TocsinApp
    }
}
