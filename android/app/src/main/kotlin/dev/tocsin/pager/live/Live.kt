package dev.tocsin.pager.live

import android.content.Context
import android.util.Log
import androidx.core.content.ContextCompat
import dev.tocsin.core.PagerException
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.dropWhile
import kotlinx.coroutines.flow.map

/** Whether [LiveService] runs: when the person chose it, or when no push reaches this phone. */
object Live {
    /**
     * Sees to it whenever something changes that it depends on; never returns. It waits until the pager is
     * open: before that nobody knows whose this phone is, and the service may have been started again.
     */
    suspend fun follow(context: Context) {
        val app = TocsinApp.of(context)
        val enrolled = Phone.home.dropWhile { it == null }.map { it != null }
        combine(enrolled, app.pushes.state, app.settings.changes) { somebodys, _, _ ->
            somebodys &&
                chosen(app)
        }.distinctUntilChanged()
            .collect { keep(context, it) }
    }

    /** Starts or ends the service, as it is wanted now; opens the pager. */
    fun keep(context: Context) = keep(context, enrolled(context) && chosen(TocsinApp.of(context)))

    private fun keep(
        context: Context,
        wanted: Boolean,
    ) {
        if (wanted) start(context) else context.stopService(LiveService.intent(context))
    }

    private fun chosen(app: TocsinApp) = app.settings.liveStream || !app.pushes.state.value.reachable

    private fun enrolled(context: Context): Boolean =
        try {
            Phone.pager(context).me() != null
        } catch (_: PagerException) {
            false
        }

    private fun start(context: Context) {
        try {
            ContextCompat.startForegroundService(context, LiveService.intent(context))
        } catch (refused: IllegalStateException) {
            // From Android 12 an app in the background may not, unless it is exempt from battery saving.
            // Readiness asks for that exemption; opening the app or the next reboot starts it as well.
            Log.w("tocsin", "the live connection waits until the app is opened: ${refused.message}")
        }
    }
}
