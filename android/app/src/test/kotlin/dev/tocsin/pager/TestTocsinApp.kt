package dev.tocsin.pager

import android.content.ComponentName
import android.content.Intent
import dev.tocsin.pager.support.MemoryKeystore
import java.time.Clock
import java.time.Duration

/** Robolectric takes it in place of [TocsinApp]: the same without what only Android itself has. */
class TestTocsinApp : TocsinApp() {
    /** Whether the system says no to services from the background, as Android 12 may. */
    var refusesServices = false

    /** By how much the phone's clock is ahead of this machine's. */
    var ahead: Duration = Duration.ZERO

    override val clock: Clock get() = Clock.offset(Clock.systemUTC(), ahead)

    override fun onCreate() {
        MemoryKeystore.install()
        super.onCreate()
    }

    override fun startForegroundService(service: Intent): ComponentName? {
        check(!refusesServices) { "startForegroundService() not allowed" }
        return super.startForegroundService(service)
    }

    /** The process is killed and comes back for whatever reason: all that was only in memory is gone. */
    fun dieAndComeBack() {
        onTerminate()
        onCreate()
    }
}
