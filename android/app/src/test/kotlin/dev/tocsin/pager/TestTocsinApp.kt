package dev.tocsin.pager

import android.content.ComponentName
import android.content.Intent
import dev.tocsin.pager.support.MemoryKeystore

/** Robolectric takes it in place of [TocsinApp]: the same without what only Android itself has. */
class TestTocsinApp : TocsinApp() {
    /** Whether the system says no to services from the background, as Android 12 may. */
    var refusesServices = false

    override fun onCreate() {
        MemoryKeystore.install()
        super.onCreate()
    }

    /** Here the core checks certificates without asking Java. */
    override fun connectCore() = Unit

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
