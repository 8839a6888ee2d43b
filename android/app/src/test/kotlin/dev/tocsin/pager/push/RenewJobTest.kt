package dev.tocsin.pager.push

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Transport
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadow.api.Shadow

/** Registrations do not grow old. */
@RunWith(AndroidJUnit4::class)
class RenewJobTest : PhoneTest() {
    private val jobs get() = app.getSystemService(JobScheduler::class.java)

    @Test
    fun `registrations are renewed once a day, also after a reboot`() {
        enrol(TocsinServer.start().forThisTest())
        repeat(2) { runBlocking { app.pushes.renew(pager) } }
        val job = jobs.allPendingJobs.single()
        assertEquals(RenewJob::class.java.name, job.service.className)
        assertEquals(DAY_MS, job.intervalMillis)
        assertTrue(job.isPersisted)
        assertEquals(JobInfo.NETWORK_TYPE_ANY, job.networkType)
    }

    @Test
    fun `when its time has come it asks the server what it offers, and ends`() {
        enrol(TocsinServer.start().forThisTest())
        val job = Robolectric.buildService(RenewJob::class.java).create()
        assertTrue(job.get().onStartJob(Shadow.newInstanceOf(JobParameters::class.java)))
        await("it is done") { shadowOf(job.get()).isJobFinished }
        assertEquals(
            PushTrouble.NO_OFFER,
            app.pushes.state.value.ways[Transport.WEB_PUSH]
                ?.trouble,
        )
        job.destroy()
    }

    @Test
    fun `what is broken off is done again`() {
        enrol(TocsinServer.start().forThisTest())
        val job = Robolectric.buildService(RenewJob::class.java).create().get()
        val parameters = Shadow.newInstanceOf(JobParameters::class.java)
        job.onStartJob(parameters)
        assertTrue(job.onStopJob(parameters))
    }

    private companion object {
        const val DAY_MS = 24L * 60 * 60 * 1000
    }
}
