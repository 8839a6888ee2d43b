package dev.tocsin.pager.screens

import android.app.Application
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import dev.tocsin.core.OnCallScreen
import dev.tocsin.core.Pager
import dev.tocsin.core.PagerException
import dev.tocsin.core.TicketId
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.enrol.Enrolling
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.ui.DrillState
import dev.tocsin.pager.ui.Intent
import dev.tocsin.pager.ui.LiveChoice
import dev.tocsin.pager.ui.Owner
import dev.tocsin.pager.ui.Tab
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Where the person is in the app. */
data class Place(
    val tab: Tab = Tab.PAGES,
    val ticket: TicketId? = null,
)

/** Who is on call, as the server said it last, and why it could not be asked since. */
data class OnCallState(
    val screen: OnCallScreen? = null,
    val failure: String? = null,
)

/**
 * What outlives a turn of the phone: where the person is, and what the server is being asked. Everything a
 * person wants that needs no Android screen is done in [perform].
 */
class MainModel(
    app: Application,
) : AndroidViewModel(app) {
    private val tocsin = TocsinApp.of(app)
    private val standing = MutableStateFlow(Place())
    private val drilling = MutableStateFlow<DrillState>(DrillState.Idle)
    private val duty = MutableStateFlow(OnCallState())

    /** Where the person is. */
    val place: StateFlow<Place> = standing.asStateFlow()

    /** The drill that was ordered last. */
    val drill: StateFlow<DrillState> = drilling.asStateFlow()

    /** Who is on call. */
    val onCall: StateFlow<OnCallState> = duty.asStateFlow()

    /** Becoming somebody's pager. */
    val enrolling = Enrolling(::pager, viewModelScope, app::getString, ::renewPushes)

    /** Whose pager this is. */
    fun owner(): Owner? =
        try {
            pager().me()?.let { Owner(it.person.name, it.server) }
        } catch (_: PagerException) {
            null
        }

    /** Does what the person wants, unless it takes another screen of Android's. */
    fun perform(wish: Intent) {
        if (pager().perform(wish)) return
        when (wish) {
            is Intent.OpenTicket -> standing.update { it.copy(ticket = wish.ticket) }
            is Intent.Show -> show(wish.tab)
            is Intent.Back -> back()
            is Intent.Refresh -> refresh()
            is Intent.OrderDrill -> order(wish.audible)
            is Intent.Scan -> enrolling.scan()
            is Intent.TypeCode -> enrolling.type()
            is Intent.Enroll -> enrolling.typed(wish.server, wish.code)
            is Intent.AllowPlainHttp -> enrolling.allowPlainHttp()
            is Intent.SetLive -> tocsin.settings.liveStream = wish.choice == LiveChoice.ALWAYS
            is Intent.SetVolumeFloor -> tocsin.settings.volumeFloor = wish.percent / PERCENT
            is Intent.SetVibrate -> tocsin.settings.vibrate = wish.on
            is Intent.SetTorch -> tocsin.settings.torch = wish.on
            is Intent.Forget -> forget()
            else -> error("$wish is for an activity")
        }
    }

    /** Asks every push app again, as at the start. */
    fun renewPushes() {
        viewModelScope.launch { tocsin.pushes.renew(pager()) }
    }

    private fun show(tab: Tab) {
        standing.value = Place(tab)
        drilling.value = DrillState.Idle
        if (tab == Tab.ON_CALL) refresh()
    }

    private fun back() {
        enrolling.cancel()
        standing.update { if (it.ticket == null) Place() else it.copy(ticket = null) }
    }

    private fun refresh() {
        viewModelScope.launch {
            duty.value =
                try {
                    OnCallState(pager().onCall())
                } catch (_: PagerException) {
                    duty.value.copy(failure = text(R.string.not_answered))
                }
        }
    }

    private fun order(audible: Boolean) {
        drilling.value = DrillState.Ordered
        viewModelScope.launch {
            drilling.value =
                try {
                    pager().orderDrill(audible)
                    DrillState.Idle
                } catch (_: PagerException) {
                    DrillState.Failed(text(R.string.not_answered))
                }
        }
    }

    private fun forget() {
        viewModelScope.launch {
            tocsin.pushes.forget()
            pager().forget()
            standing.value = Place()
        }
    }

    private fun pager(): Pager = Phone.pager(getApplication())

    private fun text(id: Int) = getApplication<Application>().getString(id)

    private companion object {
        const val PERCENT = 100f
    }
}
