package dev.tocsin.pager.screens

import androidx.activity.compose.BackHandler
import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.tocsin.core.Code
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.PhoneRules
import dev.tocsin.core.TicketId
import dev.tocsin.core.TicketScreen
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.enrol.CameraView
import dev.tocsin.pager.fix.Maker
import dev.tocsin.pager.fix.Mend
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.settings.Settings
import dev.tocsin.pager.ui.EnrolState
import dev.tocsin.pager.ui.EnrolView
import dev.tocsin.pager.ui.Intent
import dev.tocsin.pager.ui.LiveChoice
import dev.tocsin.pager.ui.MainScaffold
import dev.tocsin.pager.ui.OnCallScreenView
import dev.tocsin.pager.ui.Options
import dev.tocsin.pager.ui.PagesView
import dev.tocsin.pager.ui.ReadinessView
import dev.tocsin.pager.ui.SettingsView
import dev.tocsin.pager.ui.Tab
import dev.tocsin.pager.ui.TicketDetailScreen
import dev.tocsin.pager.ui.TicketsScreen
import dev.tocsin.pager.ui.TocsinTheme
import kotlinx.coroutines.flow.flowOf
import kotlin.math.roundToInt

/** The app, as it stands now. */
@Composable
fun MainRoute(
    model: MainModel,
    perform: (Intent) -> Unit,
) = TocsinTheme(dark = isSystemInDarkTheme()) {
    val home by Phone.home.collectAsStateWithLifecycle()
    home?.let { Enrolled(it, model, perform) } ?: Nobodys(model, perform)
}

@Composable
private fun Nobodys(
    model: MainModel,
    perform: (Intent) -> Unit,
) {
    val state by model.enrolling.state.collectAsStateWithLifecycle()
    BackHandler(enabled = state != EnrolState.Idle) { perform(Intent.Back) }
    EnrolView(state, perform) { CameraView(model.enrolling::link, model.enrolling::blind) }
}

@Composable
private fun Enrolled(
    home: HomeScreen,
    model: MainModel,
    perform: (Intent) -> Unit,
) {
    val place by model.place.collectAsStateWithLifecycle()
    val now by rememberNow()
    val ticket by rememberTicket(place.ticket)
    BackHandler(enabled = place != Place()) { perform(Intent.Back) }
    val open = ticket
    if (open != null && open.card.ticket == place.ticket) {
        TicketDetailScreen(open, home.clockOffsetMs, now, perform)
    } else {
        MainScaffold(place.tab, home, now, perform) { Shown(place.tab, home, now, model, perform) }
    }
}

@Composable
private fun Shown(
    tab: Tab,
    home: HomeScreen,
    now: Long,
    model: MainModel,
    perform: (Intent) -> Unit,
) = when (tab) {
    Tab.PAGES -> {
        PagesView(home, now, perform)
    }

    Tab.TICKETS -> {
        TicketsScreen(home, now, perform)
    }

    Tab.ON_CALL -> {
        val onCall by model.onCall.collectAsStateWithLifecycle()
        OnCallScreenView(onCall.screen, onCall.failure, now, perform)
    }

    Tab.READINESS -> {
        Readiness(home, now, model, perform)
    }

    Tab.SETTINGS -> {
        Choices(home.rules, model, perform)
    }
}

@Composable
private fun Readiness(
    home: HomeScreen,
    now: Long,
    model: MainModel,
    perform: (Intent) -> Unit,
) {
    val context = LocalContext.current
    val drill by model.drill.collectAsStateWithLifecycle()
    val fixable = remember { Code.entries.filterTo(mutableSetOf()) { Mend.of(it, context) != null } }
    val hint = Maker.ofThisPhone()?.let { stringResource(it.hint) }
    ReadinessView(home.readiness, drill, fixable, hint, now, perform)
}

@Composable
private fun Choices(
    rules: PhoneRules,
    model: MainModel,
    perform: (Intent) -> Unit,
) {
    val settings = TocsinApp.of(LocalContext.current).settings
    val changes by settings.changes.collectAsStateWithLifecycle(0)
    val owner = remember { model.owner() } ?: return
    val options = remember(changes, rules) { settings.options(rules) }
    SettingsView(owner, options, perform) {
        HideContent(settings, rules.hideContent)
        PushSection(model::renewPushes)
    }
}

private fun Settings.options(rules: PhoneRules) =
    Options(
        live = if (liveStream) LiveChoice.ALWAYS else LiveChoice.WHEN_NEEDED,
        volumeFloor = percent(volumeFloor),
        askedFloor = rules.sirenFloor?.let(::percent),
        vibrate = vibrate,
        torch = torch,
    )

private fun percent(share: Float) = (share * 100).roundToInt()

/** What there is to show of this ticket while it is on the screen. */
@Composable
internal fun rememberTicket(ticket: TicketId?) =
    LocalContext.current.let { context ->
        remember(ticket) {
            ticket?.let { Phone.pager(context).ticketScreens(it) } ?: flowOf<TicketScreen?>(null)
        }.collectAsStateWithLifecycle(null)
    }
