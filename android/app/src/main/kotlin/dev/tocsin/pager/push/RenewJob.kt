package dev.tocsin.pager.push

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.Job
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** Renews every registration for pushes, once a day when there is a network. */
class RenewJob : JobService() {
    private val scope = MainScope()
    private var work: Job? = null

    override fun onStartJob(job: JobParameters): Boolean {
        work =
            scope.launch {
                TocsinApp.of(this@RenewJob).pushes.renew(Phone.pager(this@RenewJob))
                jobFinished(job, false)
            }
        return true
    }

    /** Broken off: the system runs it again. */
    override fun onStopJob(job: JobParameters): Boolean {
        work?.cancel()
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    companion object {
        private const val ID = 1
        private const val EVERY_MS = 24L * 60 * 60 * 1000

        /** Sees to it that it runs; asking again changes nothing. */
        fun schedule(context: Context) {
            val jobs = context.getSystemService(JobScheduler::class.java)
            if (jobs.getPendingJob(ID) != null) return
            val daily =
                JobInfo
                    .Builder(ID, ComponentName(context, RenewJob::class.java))
                    .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                    .setPeriodic(EVERY_MS)
                    .setPersisted(true)
                    .build()
            jobs.schedule(daily)
        }
    }
}
