package dev.tocsin.pager.ui

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.WindowInsets
import androidx.compose.foundation.layout.WindowInsetsSides
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.only
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawing
import androidx.compose.foundation.layout.windowInsetsPadding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.LifecycleResumeEffect
import dev.tocsin.core.AlarmCard
import dev.tocsin.core.ConnectionState
import dev.tocsin.core.Deed
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.MissedLimit
import dev.tocsin.core.PageCard
import dev.tocsin.core.PageStatus
import dev.tocsin.core.Severity
import dev.tocsin.core.SirenReason
import dev.tocsin.core.TicketId
import dev.tocsin.core.TicketScreen

/** Less height than this, and everything scrolls together. */
private val Low = 520.dp

/** What a manager can do about a missed limit, from the page itself. */
private val ManagersDeeds = listOf(Deed.START_WORK, Deed.EXTEND_LIMIT, Deed.REASSIGN, Deed.ASK_HELP)

/** What is at hand once somebody has checked in, most usual first; the rest is with the ticket. */
private val FirstDeeds =
    listOf(
        Deed.START_WORK,
        Deed.RESOLVE,
        Deed.JOIN_CONFERENCE,
        Deed.ASK_HELP,
        Deed.UPDATE_STATUS,
        Deed.ADD_NOTE,
        Deed.REOPEN,
    )

/** Pages that want an answer, worst first. */
private val HomeScreen.asking get() = pages.filter { it.status != PageStatus.ANSWERED }

/** Those of them that ring: what the core means by all. */
private val HomeScreen.ringing get() = pages.filter { it.status == PageStatus.RINGING }

/**
 * Which ticket the page screen shows, and so of which it wants the [TicketScreen]: [chosen] (the one somebody
 * tapped, or just checked in to) unless another one rings while it does not.
 */
fun HomeScreen.ticketInFront(chosen: TicketId?): TicketId? =
    asking.firstOrNull { it.ticket == chosen }?.ticket
        ?: asking.firstOrNull()?.ticket
        ?: chosen
        ?: pages.firstOrNull()?.ticket

/**
 * What comes over the lock screen: the page that wants an answer, what the pager itself is alarmed about, or
 * what to do next about the ticket in hand.
 *
 * [ticket] is that of [ticketInFront], as soon as it is known; deeds and names to choose from come with it.
 * [now] is the device's clock.
 */
@Composable
fun PageScreen(
    home: HomeScreen,
    ticket: TicketScreen?,
    now: Long,
    onIntent: (Intent) -> Unit,
) = NightTheme {
    val front = home.ticketInFront(ticket?.card?.ticket)
    val page = home.pages.firstOrNull { it.ticket == front }
    val details = ticket?.takeIf { it.card.ticket == front }
    val alarms = home.alarms.filter { it.siren }
    Surface(Modifier.fillMaxSize()) {
        when {
            page != null && page.status != PageStatus.ANSWERED -> Asking(home, page, details, now, onIntent)
            alarms.isNotEmpty() -> PagersAlarm(alarms, now, onIntent)
            page != null || details != null -> InHand(home, page, details, now, onIntent)
            home.siren.ringing && home.siren.reason == SirenReason.DRILL -> Drill(onIntent)
            else -> NothingRings(onIntent)
        }
    }
}

@Composable
private fun Asking(
    home: HomeScreen,
    page: PageCard,
    ticket: TicketScreen?,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    LifecycleResumeEffect(page.page) {
        onIntent(Intent.Seen(page.ticket))
        onPauseOrDispose {}
    }
    val asking = home.asking
    Framed(
        head = { Head(page.severity, page.severityText, page.service, page.team, page.stateText) },
        body = {
            Title(page.title)
            if (page.reasonText.isNotEmpty()) {
                Text(
                    page.reasonText,
                    style = MaterialTheme.typography.bodyLarge,
                )
            }
            page.missed?.let { Missed(it, now) }
            Warnings(home, page.ticket)
            if (page.status == PageStatus.EXPIRED) {
                Banner(stringResource(R.string.page_expired), R.drawable.ui_clock, Weightiness.SAID)
            }
            runningLimit(page.due, page.dueKind, page.next, home.clockOffsetMs)?.let { LimitClock(it, now) }
            if (page.manager && ticket != null) Managers(ticket, onIntent)
            Others(asking.filter { it.page != page.page }, home.clockOffsetMs, now, onIntent)
        },
        controls = {
            val text = if (page.help) R.string.hold_to_come else R.string.hold_to_check_in
            val action = stringResource(if (page.help) R.string.i_come else R.string.check_in)
            val ringing = home.ringing
            val several = ringing.size > 1
            if (several) CheckInToAll(ringing, onIntent)
            HoldButton(
                text = if (several) stringResource(R.string.hold_only_this) else stringResource(text),
                action = if (several) stringResource(R.string.only_this, page.title) else action,
                intent = Intent.CheckIn(page.ticket),
                onIntent = onIntent,
                tag = Tags.CHECK_IN,
                tone = AnswerTone,
                outlined = several,
            )
            if (ticket == null || Deed.CANNOT_HELP in ticket.deeds) Cannot(page, onIntent)
        },
    )
}

@Composable
private fun CheckInToAll(
    ringing: List<PageCard>,
    onIntent: (Intent) -> Unit,
) = HoldButton(
    text = pluralStringResource(R.plurals.hold_to_check_in_all, ringing.size, ringing.size),
    action = pluralStringResource(R.plurals.check_in_all, ringing.size, ringing.size),
    intent = Intent.CheckInAll,
    onIntent = onIntent,
    tag = Tags.CHECK_IN_ALL,
    tone = AnswerTone,
    about = ringing.map { it.page },
)

/** "Can't, page the next": asks once, because it cannot be taken back. */
@Composable
private fun Cannot(
    page: PageCard,
    onIntent: (Intent) -> Unit,
) {
    var asked by rememberSaveable(page.page) { mutableStateOf(false) }
    OutlinedButton(
        onClick = { asked = true },
        border = BorderStroke(2.dp, MaterialTheme.colorScheme.outline),
        modifier = Modifier.fillMaxWidth().heightIn(min = 64.dp).testTag(Tags.CANNOT),
    ) {
        Text(
            stringResource(R.string.cannot_next),
            style = MaterialTheme.typography.titleMedium,
            color = MaterialTheme.colorScheme.onSurface,
            textAlign = TextAlign.Center,
        )
    }
    if (asked) {
        val give = { intent: Intent ->
            asked = false
            onIntent(intent)
        }
        CannotDialog(page.ticket, page.next, give) { asked = false }
    }
}

@Composable
private fun Missed(
    missed: MissedLimit,
    now: Long,
) {
    val times = rememberTimes()
    val text =
        stringResource(
            R.string.missed,
            missed.stateText,
            times.at(missed.since, now),
            times.at(missed.limit, now),
        )
    Banner(text, R.drawable.ui_clock, Weightiness.WRONG)
}

@Composable
private fun Managers(
    ticket: TicketScreen,
    onIntent: (Intent) -> Unit,
) = WithDeeds(ticket, onIntent) { perform ->
    Buttons(ManagersDeeds.filter { it in ticket.deeds }, perform) {
        if (it == Deed.START_WORK) R.string.take_over else it.label
    }
}

/** Large buttons, two beside each other where the type leaves room. */
@Composable
private fun Buttons(
    deeds: List<Deed>,
    perform: (Deed) -> Unit,
    label: (Deed) -> Int,
) = Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
    deeds.chunked(buttonsInARow()).forEach { row ->
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            row.forEach { deed ->
                FilledTonalButton(
                    onClick = { perform(deed) },
                    shape = MaterialTheme.shapes.large,
                    contentPadding = PaddingValues(12.dp),
                    modifier = Modifier.weight(1f).heightIn(min = 64.dp).testTag(Tags.deed(deed)),
                ) {
                    val text = stringResource(label(deed))
                    Text(text, style = MaterialTheme.typography.titleMedium, textAlign = TextAlign.Center)
                }
            }
        }
    }
}

@Composable
private fun Others(
    pages: List<PageCard>,
    offset: Long,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    if (pages.isEmpty()) return
    Heading(pluralStringResource(R.plurals.also_ringing, pages.size, pages.size))
    pages.forEach { PageRow(it, offset, now) { onIntent(Intent.ShowPage(it.ticket)) } }
}

/** One page in a list. */
@Composable
internal fun PageRow(
    page: PageCard,
    offset: Long,
    now: Long,
    onClick: () -> Unit,
) = Card(Modifier.testTag(Tags.ticket(page.ticket)), onClick) {
    FlowRow(
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalArrangement = Arrangement.spacedBy(4.dp),
        itemVerticalAlignment = Alignment.CenterVertically,
    ) {
        SeverityBadge(page.severity, page.severityText)
        Text(page.service, style = MaterialTheme.typography.titleSmall)
        runningLimit(page.due, page.dueKind, page.next, offset)?.let { LimitLine(it, now) }
    }
    Text(page.title, style = MaterialTheme.typography.bodyLarge)
}

@Composable
private fun PagersAlarm(
    alarms: List<AlarmCard>,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    val times = rememberTimes()
    Framed(
        head = {
            val kind = stringResource(R.string.pagers_alarm)
            Head(Severity.SEV1, stringResource(R.string.app), kind, team = null, state = null)
        },
        body = {
            alarms.forEach { alarm ->
                Title(alarm.text)
                Quiet(stringResource(R.string.since, times.at(alarm.since, now)))
            }
        },
        controls = {
            HoldButton(
                text = stringResource(R.string.hold_i_know),
                action = stringResource(R.string.i_know),
                intent = Intent.IKnow,
                onIntent = onIntent,
                tag = Tags.I_KNOW,
                tone = AnswerTone,
            )
        },
    )
}

/** The person has answered; the ticket is theirs now, though the server may not have heard of it. */
@Composable
private fun InHand(
    home: HomeScreen,
    page: PageCard?,
    ticket: TicketScreen?,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    val card = ticket?.card
    Framed(
        head = {
            Head(
                card?.severity ?: page?.severity,
                card?.severityText ?: page?.severityText.orEmpty(),
                card?.service ?: page?.service.orEmpty(),
                card?.team ?: page?.team,
                card?.stateText ?: page?.stateText,
            )
        },
        body = {
            Title(card?.title ?: page?.title.orEmpty())
            card?.let {
                Text(
                    stringResource(R.string.owned_by, it.owner),
                    style = MaterialTheme.typography.bodyLarge,
                )
            }
            Warnings(home, card?.ticket ?: page?.ticket)
            runningLimit(card?.due, ticket?.dueKind, ticket?.next.orEmpty(), home.clockOffsetMs)
                ?.takeUnless { ticket?.movesLimit == true }
                ?.let { LimitClock(it, now) }
            ticket?.let { OtherSteps(it, onIntent) }
        },
        controls = { ticket?.let { NextStep(it, onIntent) } },
    )
}

/** The most usual thing to do next, under the thumb. */
@Composable
private fun NextStep(
    ticket: TicketScreen,
    onIntent: (Intent) -> Unit,
) = WithDeeds(ticket, onIntent) { perform ->
    ticket.firstDeeds().firstOrNull()?.let { deed ->
        Button(
            onClick = { perform(deed) },
            modifier = Modifier.fillMaxWidth().heightIn(min = 80.dp).testTag(Tags.deed(deed)),
        ) {
            val label = stringResource(deed.label)
            Text(label, style = MaterialTheme.typography.headlineSmall, textAlign = TextAlign.Center)
        }
    }
}

private fun TicketScreen.firstDeeds() = FirstDeeds.filter { it in deeds }

@Composable
private fun OtherSteps(
    ticket: TicketScreen,
    onIntent: (Intent) -> Unit,
) = WithDeeds(ticket, onIntent) { perform ->
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Buttons(ticket.firstDeeds().drop(1), perform) { it.label }
        OutlinedButton(
            onClick = { onIntent(Intent.OpenTicket(ticket.card.ticket)) },
            modifier = Modifier.fillMaxWidth().heightIn(min = 60.dp),
        ) {
            Text(
                stringResource(R.string.open_ticket),
                style = MaterialTheme.typography.titleMedium,
                color = MaterialTheme.colorScheme.onSurface,
            )
        }
    }
}

@Composable
private fun Drill(onIntent: (Intent) -> Unit) =
    Framed(
        head = {
            Head(
                Severity.SEV5,
                stringResource(R.string.app),
                stringResource(R.string.drill),
                null,
                null,
            )
        },
        body = {
            Title(stringResource(R.string.drill_rings))
            Text(stringResource(R.string.drill_rings_more), style = MaterialTheme.typography.bodyLarge)
        },
        controls = { Close(onIntent) },
    )

@Composable
private fun NothingRings(onIntent: (Intent) -> Unit) =
    Framed(
        head = {
            Head(
                Severity.SEV5,
                stringResource(R.string.app),
                stringResource(R.string.quiet),
                null,
                null,
            )
        },
        body = {
            Title(stringResource(R.string.nothing_rings))
            Text(stringResource(R.string.nothing_rings_more), style = MaterialTheme.typography.bodyLarge)
        },
        controls = { Close(onIntent) },
    )

@Composable
private fun Close(onIntent: (Intent) -> Unit) =
    OutlinedButton(
        onClick = { onIntent(Intent.Back) },
        modifier = Modifier.fillMaxWidth().heightIn(min = 64.dp),
    ) { Text(stringResource(R.string.close), style = MaterialTheme.typography.titleMedium) }

/** What the person must know besides: taps the server has not heard of, a siren that fails. */
@Composable
private fun Warnings(
    home: HomeScreen,
    ticket: TicketId?,
) {
    val waiting = home.waiting.filter { it.ticket == ticket }
    if (waiting.isNotEmpty()) {
        val taps = waiting.joinToString { it.text }
        val text =
            stringResource(
                if (home.connection is ConnectionState.Live) R.string.sending else R.string.not_sent,
                taps,
            )
        Banner(text, R.drawable.ui_offline, Weightiness.WARNED, Modifier.testTag(Tags.NOT_SENT))
    }
    home.siren.failure?.let {
        Banner(stringResource(R.string.siren_failed, it), R.drawable.ui_warning, Weightiness.WRONG)
    }
}

@Composable
private fun Title(text: String) =
    Text(
        text = text,
        style = MaterialTheme.typography.headlineMedium,
        modifier = Modifier.semantics { heading() },
    )

/** How bad and where, in the severity's colour from edge to edge. */
@Composable
private fun Head(
    severity: Severity?,
    severityText: String,
    service: String,
    team: String?,
    state: String?,
) {
    val tone = severity.colors()
    Column(
        verticalArrangement = Arrangement.spacedBy(2.dp),
        modifier =
            Modifier
                .fillMaxWidth()
                .background(tone.surface)
                .windowInsetsPadding(
                    WindowInsets.safeDrawing.only(WindowInsetsSides.Top + WindowInsetsSides.Horizontal),
                ).padding(horizontal = 24.dp, vertical = 16.dp)
                .semantics(mergeDescendants = true) {},
    ) {
        Text(
            text = severityText,
            color = tone.text,
            style = MaterialTheme.typography.displaySmall,
            fontWeight = FontWeight.Bold,
        )
        if (service.isNotEmpty()) {
            Text(
                service,
                color = tone.text,
                style = MaterialTheme.typography.headlineSmall,
            )
        }
        val rest = listOfNotNull(team, state).filter { it.isNotEmpty() }
        if (rest.isNotEmpty()) {
            Text(rest.joinToString(" · "), color = tone.text, style = MaterialTheme.typography.bodyLarge)
        }
    }
}

/** Controls stay under the thumb while the rest scrolls; on a low screen everything scrolls together. */
@Composable
private fun Framed(
    head: @Composable () -> Unit,
    body: @Composable ColumnScope.() -> Unit,
    controls: @Composable ColumnScope.() -> Unit,
) = BoxWithConstraints(Modifier.fillMaxSize()) {
    val low = maxHeight < Low
    val inside = WindowInsets.safeDrawing.only(WindowInsetsSides.Bottom + WindowInsetsSides.Horizontal)
    val scroll = Modifier.verticalScroll(rememberScrollState()).testTag(Tags.LIST)
    Column(if (low) scroll else Modifier.fillMaxSize()) {
        Column(if (low) Modifier else scroll.weight(1f)) {
            head()
            Column(
                verticalArrangement = Arrangement.spacedBy(16.dp),
                modifier = Modifier.fillMaxWidth().padding(24.dp),
                content = body,
            )
        }
        Column(
            verticalArrangement = Arrangement.spacedBy(12.dp),
            modifier =
                Modifier
                    .fillMaxWidth()
                    .windowInsetsPadding(
                        inside,
                    ).padding(start = 16.dp, end = 16.dp, top = 12.dp, bottom = 16.dp),
            content = controls,
        )
    }
}
