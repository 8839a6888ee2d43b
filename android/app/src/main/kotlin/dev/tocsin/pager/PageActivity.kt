package dev.tocsin.pager

import android.Manifest
import android.app.KeyguardManager
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.media.AudioManager
import android.os.Build
import android.os.Bundle
import android.view.KeyEvent
import android.view.WindowManager
import androidx.activity.ComponentActivity
import androidx.activity.addCallback
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.annotation.RequiresApi
import androidx.lifecycle.lifecycleScope
import dev.tocsin.core.PagerException
import dev.tocsin.core.TicketId
import dev.tocsin.pager.fix.openFirst
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.phone.hidesContent
import dev.tocsin.pager.screens.PageRoute
import dev.tocsin.pager.screens.perform
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.dropWhile
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import dev.tocsin.pager.ui.Intent as Wish

/**
 * The page, over the lock screen and whatever else is open, with the screen lit.
 *
 * Nothing here stops the siren but the person's answer: not back, not a volume key, not leaving. It closes
 * when nothing rings any more and the person is done with it, or when the phone is nobody's. The process may
 * have begun with it: then it opens the pager, and waits until it knows what rings.
 */
class PageActivity : ComponentActivity() {
    private val chosen = MutableStateFlow<TicketId?>(null)

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        comeToTheFront()
        enableEdgeToEdge()
        onBackPressedDispatcher.addCallback(this) { if (!rings()) finish() }
        chosen.value = ticket(intent)
        setContent { PageRoute(chosen, ::hides, ::perform) }
        lifecycleScope.launch {
            if (!isNobodys()) Phone.home.dropWhile { it == null }.first { it == null }
            finish()
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        setIntent(intent)
        ticket(intent)?.let { chosen.value = it }
    }

    /** While it rings the volume keys do nothing; the siren is as loud as the team wants it. */
    override fun dispatchKeyEvent(event: KeyEvent): Boolean =
        (event.keyCode in VOLUME_KEYS && rings()) || super.dispatchKeyEvent(event)

    private fun perform(wish: Wish) {
        when (wish) {
            is Wish.ShowPage -> {
                chosen.value = wish.ticket
            }

            is Wish.OpenTicket -> {
                open(MainActivity.intent(this, wish.ticket))
            }

            is Wish.OpenAddress -> {
                open(MainActivity.addressed(wish.url))
            }

            is Wish.JoinConference -> {
                Phone.pager(this).joinConference(wish.ticket)
                open(MainActivity.addressed(wish.url))
            }

            is Wish.Back -> {
                if (!rings()) finish()
            }

            else -> {
                if (wish is Wish.CheckIn) chosen.value = wish.ticket
                Phone.pager(this).perform(wish)
            }
        }
    }

    /** Whether it is known that nobody is paged here; opens the pager. */
    private fun isNobodys(): Boolean =
        try {
            Phone.pager(this).me() == null
        } catch (_: PagerException) {
            false
        }

    /** Whether the content is to be hidden from whoever finds this phone. */
    private fun hides(): Boolean =
        TocsinApp.of(this).hidesContent() &&
            getSystemService(KeyguardManager::class.java).isKeyguardLocked

    /** Goes on behind the lock, which the person opens first. */
    private fun open(screen: Intent) {
        val keyguard = getSystemService(KeyguardManager::class.java)
        if (!keyguard.isKeyguardLocked) {
            openFirst(listOf(screen))
            return
        }
        val unlocked =
            object : KeyguardManager.KeyguardDismissCallback() {
                override fun onDismissSucceeded() {
                    openFirst(listOf(screen))
                }
            }
        keyguard.requestDismissKeyguard(this, unlocked)
    }

    private fun rings() =
        Phone.home.value
            ?.siren
            ?.ringing == true

    private fun comeToTheFront() {
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        volumeControlStream = AudioManager.STREAM_ALARM
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O_MR1) {
            showOverLock()
        } else {
            @Suppress("DEPRECATION")
            window.addFlags(
                WindowManager.LayoutParams.FLAG_SHOW_WHEN_LOCKED or
                    WindowManager.LayoutParams.FLAG_TURN_SCREEN_ON,
            )
        }
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) hideOverlays()
    }

    @RequiresApi(Build.VERSION_CODES.O_MR1)
    private fun showOverLock() {
        setShowWhenLocked(true)
        setTurnScreenOn(true)
    }

    /** No other app draws over the buttons and has the person press something else. */
    @RequiresApi(Build.VERSION_CODES.S)
    private fun hideOverlays() {
        val may = checkSelfPermission(Manifest.permission.HIDE_OVERLAY_WINDOWS)
        if (may == PackageManager.PERMISSION_GRANTED) window.setHideOverlayWindows(true)
    }

    companion object {
        private const val TICKET = "dev.tocsin.pager.TICKET"

        private val VOLUME_KEYS =
            setOf(KeyEvent.KEYCODE_VOLUME_UP, KeyEvent.KEYCODE_VOLUME_DOWN, KeyEvent.KEYCODE_VOLUME_MUTE)

        /** Shows the page of this ticket in front of the others, or the worst. */
        fun intent(
            context: Context,
            ticket: TicketId? = null,
        ): Intent =
            Intent(context, PageActivity::class.java)
                .addFlags(Intent.FLAG_ACTIVITY_NEW_TASK or Intent.FLAG_ACTIVITY_NO_USER_ACTION)
                .apply { ticket?.let { putExtra(TICKET, it) } }

        private fun ticket(intent: Intent): TicketId? =
            if (intent.hasExtra(TICKET)) intent.getLongExtra(TICKET, 0) else null
    }
}
