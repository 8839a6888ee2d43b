package dev.tocsin.pager.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.Button
import androidx.compose.material3.DropdownMenu
import androidx.compose.material3.DropdownMenuItem
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import dev.tocsin.core.Asked
import dev.tocsin.core.Conference
import dev.tocsin.core.Deed
import dev.tocsin.core.Downstream
import dev.tocsin.core.HelpCard
import dev.tocsin.core.HelpOutcome
import dev.tocsin.core.StatusUpdates
import dev.tocsin.core.TicketScreen
import dev.tocsin.core.TimelineLine
import dev.tocsin.core.Weight

/**
 * One ticket: where it stands, who is being paged and how far that got, what happened, and all that this
 * person can do. [offset] is the server's clock minus the device's (`clockOffsetMs` of the home screen), in
 * milliseconds; [now] is the device's clock.
 */
@Composable
fun TicketDetailScreen(
    ticket: TicketScreen,
    offset: Long,
    now: Long,
    onIntent: (Intent) -> Unit,
) = Surface(Modifier.fillMaxSize()) {
    Column(Modifier.safeDrawingPadding()) {
        Bar(stringResource(R.string.ticket_number, ticket.card.ticket)) { onIntent(Intent.Back) }
        LazyColumn(
            contentPadding = PaddingValues(start = 16.dp, end = 16.dp, bottom = 24.dp),
            verticalArrangement = Arrangement.spacedBy(12.dp),
            modifier = Modifier.weight(1f).fillMaxWidth().testTag(Tags.LIST),
        ) {
            item { Summary(ticket, offset, now) }
            ticket.conference?.let { item { ConferenceCard(it, now, onIntent) } }
            ticket.status?.let { item { StatusCard(it, offset, now) } }
            if (ticket.paged.isNotEmpty()) item { Section(R.string.being_paged) { Ladder(ticket.paged) } }
            items(ticket.helps) { HelpSection(it, now) }
            if (ticket.hasBackground()) item { Background(ticket, onIntent) }
            item { Heading(stringResource(R.string.timeline)) }
            items(ticket.timeline) { Line(it, now) }
        }
        DeedBar(ticket, onIntent)
    }
}

@Composable
private fun Section(
    title: Int,
    content: @Composable ColumnScope.() -> Unit,
) = Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
    Heading(stringResource(title))
    Card(content = content)
}

@Composable
private fun Summary(
    ticket: TicketScreen,
    offset: Long,
    now: Long,
) = Column(verticalArrangement = Arrangement.spacedBy(12.dp)) {
    val times = rememberTimes()
    val card = ticket.card
    FlowRow(
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalArrangement = Arrangement.spacedBy(4.dp),
        itemVerticalAlignment = Alignment.CenterVertically,
    ) {
        SeverityBadge(card.severity, card.severityText)
        val since = stringResource(R.string.since, times.at(card.stateSince, now))
        Text("${card.stateText}, $since", style = MaterialTheme.typography.bodyLarge)
    }
    Text(
        card.title,
        style = MaterialTheme.typography.headlineSmall,
        modifier = Modifier.semantics { heading() },
    )
    Quiet(listOf(card.service, card.team).filter { it.isNotEmpty() }.joinToString(" · "))
    if (card.pending) Banner(stringResource(R.string.tap_waits), R.drawable.ui_offline, Weightiness.WARNED)
    if (ticket.movesLimit) {
        Banner(
            stringResource(R.string.moves_limit),
            R.drawable.ui_clock,
            Weightiness.WARNED,
        )
    }
    card.held?.let { held ->
        val text = ticket.heldUntil?.let { stringResource(R.string.held_until, held, times.at(it, now)) }
        Banner(text ?: stringResource(R.string.held, held), R.drawable.ui_clock, Weightiness.SAID)
    }
    Card {
        Fact(stringResource(R.string.owner), card.owner)
        runningLimit(card.due, ticket.dueKind, ticket.next, offset)?.let { limit ->
            LimitClock(limit, now, MaterialTheme.typography.displayMedium)
            ticket.extendedBy?.let { Quiet(stringResource(R.string.extended_by, it)) }
        }
    }
}

@Composable
private fun ConferenceCard(
    conference: Conference,
    now: Long,
    onIntent: (Intent) -> Unit,
) = Section(R.string.conference) {
    val times = rememberTimes()
    val said =
        when {
            conference.closedAt != null -> stringResource(R.string.conference_closed)
            conference.url == null -> stringResource(R.string.conference_waits)
            conference.joined -> stringResource(R.string.conference_joined)
            else -> stringResource(R.string.conference_open)
        }
    Text(said, style = MaterialTheme.typography.bodyLarge)
    conference.people.forEach { person ->
        val joined = person.joined?.let { stringResource(R.string.joined_at, times.at(it, now)) }
        val what = listOfNotNull(person.roleText, joined ?: stringResource(R.string.not_joined))
        Fact(person.name, what.joinToString(" · "))
    }
    conference.dialIn?.let { number ->
        LinkButton(stringResource(R.string.dial, number)) { onIntent(Intent.OpenAddress("tel:$number")) }
    }
}

@Composable
private fun StatusCard(
    status: StatusUpdates,
    offset: Long,
    now: Long,
) = Section(R.string.status) {
    val times = rememberTimes()
    status.last?.let { last ->
        Text(last.text, style = MaterialTheme.typography.bodyLarge)
        Quiet("${last.by} · ${times.at(last.at - offset, now)}")
    }
    status.due?.let { due ->
        val late = due - offset <= now
        val text = if (late) R.string.status_overdue else R.string.status_due
        Text(
            stringResource(text, times.at(due - offset, now)),
            color = if (late) MaterialTheme.colorScheme.error else MaterialTheme.colorScheme.onSurface,
        )
    }
    status.missedAt?.let { Quiet(stringResource(R.string.status_missed, times.at(it - offset, now))) }
    if (status.pending) Quiet(stringResource(R.string.tap_waits))
}

@Composable
private fun Ladder(asked: List<Asked>) =
    asked.forEach { Fact(listOf(it.name, it.roleText).joinToString(" · "), it.rungText) }

@Composable
private fun HelpSection(
    help: HelpCard,
    now: Long,
) = Section(R.string.help) {
    val times = rememberTimes()
    Text("“${help.message}”", style = MaterialTheme.typography.bodyLarge)
    Quiet(stringResource(R.string.help_asked, help.by, help.target, times.at(help.at, now)))
    val outcome =
        when (help.outcome) {
            HelpOutcome.WAITING -> R.string.help_waiting
            HelpOutcome.COMES -> R.string.help_comes
            HelpOutcome.NOBODY_LEFT -> R.string.help_nobody
        }
    Text(stringResource(outcome), fontWeight = FontWeight.SemiBold)
    help.answers.forEach { Text(it) }
    Ladder(help.asked)
    if (help.then.isNotEmpty()) Quiet(stringResource(R.string.help_then, help.then.joinToString()))
    if (help.pending) Quiet(stringResource(R.string.tap_waits))
}

private fun TicketScreen.hasBackground() =
    runbook != null || url != null || details.isNotEmpty() || downstream.isNotEmpty()

@Composable
private fun Background(
    ticket: TicketScreen,
    onIntent: (Intent) -> Unit,
) = Section(R.string.background) {
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        ticket.runbook?.let {
            LinkButton(
                stringResource(R.string.runbook),
            ) { onIntent(Intent.OpenAddress(it)) }
        }
        ticket.url?.let {
            LinkButton(
                stringResource(R.string.monitoring, ticket.source),
            ) { onIntent(Intent.OpenAddress(it)) }
        }
    }
    ticket.downstream.forEach { Needed(it) }
    ticket.details.forEach { Fact(it.name, it.value) }
}

@Composable
private fun Needed(service: Downstream) {
    val onCall = service.onCall?.let { stringResource(R.string.on_call_is, it) }
    val tickets = service.openTickets.joinToString("\n")
    val known = listOfNotNull(onCall, tickets.ifEmpty { null })
    val said = known.joinToString("\n").ifEmpty { stringResource(R.string.not_known) }
    Fact(stringResource(R.string.needs, service.service), said)
}

@Composable
private fun LinkButton(
    text: String,
    onClick: () -> Unit,
) = TextButton(onClick = onClick, modifier = Modifier.heightIn(min = Touch)) { Text(text) }

@Composable
private fun Line(
    line: TimelineLine,
    now: Long,
) {
    val times = rememberTimes()
    val colors = MaterialTheme.colorScheme
    val ink =
        when (line.weight) {
            Weight.DEED -> colors.primary
            Weight.ALARM -> colors.error
            Weight.DETAIL -> colors.outline
        }
    Row(
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        modifier = Modifier.fillMaxWidth().semantics(mergeDescendants = true) {},
    ) {
        Box(Modifier.padding(top = 6.dp).size(10.dp).background(ink, CircleShape))
        Column {
            Quiet(times.at(line.at, now))
            Text(
                text = line.text,
                style = MaterialTheme.typography.bodyMedium,
                fontWeight = if (line.weight == Weight.DETAIL) FontWeight.Normal else FontWeight.SemiBold,
                color = if (line.weight == Weight.DETAIL) colors.onSurfaceVariant else colors.onSurface,
            )
        }
    }
}

/** All deeds of the ticket: checking in by holding, the next usual ones as buttons, the rest in a menu. */
@Composable
private fun DeedBar(
    ticket: TicketScreen,
    onIntent: (Intent) -> Unit,
) = WithDeeds(ticket, onIntent) { perform ->
    val buttons = buttonsInARow()
    val others = ticket.deeds.filter { it != Deed.CHECK_IN }
    Surface(color = MaterialTheme.colorScheme.surfaceContainer) {
        Column(verticalArrangement = Arrangement.spacedBy(8.dp), modifier = Modifier.padding(12.dp)) {
            if (Deed.CHECK_IN in ticket.deeds) {
                HoldButton(
                    text = stringResource(R.string.hold_to_check_in),
                    action = stringResource(R.string.check_in),
                    intent = Intent.CheckIn(ticket.card.ticket),
                    onIntent = onIntent,
                    tag = Tags.deed(Deed.CHECK_IN),
                    tone = AnswerTone,
                )
            }
            Row(
                horizontalArrangement = Arrangement.spacedBy(8.dp),
                verticalAlignment = Alignment.CenterVertically,
            ) {
                others.take(buttons).forEachIndexed { place, deed ->
                    val modifier = Modifier.weight(1f).heightIn(min = 56.dp).testTag(Tags.deed(deed))
                    val label = @Composable { Text(stringResource(deed.label), textAlign = TextAlign.Center) }
                    if (place == 0) {
                        Button({ perform(deed) }, modifier) { label() }
                    } else {
                        FilledTonalButton({ perform(deed) }, modifier) { label() }
                    }
                }
                More(others.drop(buttons), perform)
            }
        }
    }
}

@Composable
private fun More(
    deeds: List<Deed>,
    perform: (Deed) -> Unit,
) {
    if (deeds.isEmpty()) return
    var open by remember { mutableStateOf(false) }
    Box {
        IconButton(onClick = { open = true }, modifier = Modifier.size(56.dp).testTag(Tags.MORE)) {
            Icon(painterResource(R.drawable.ui_more), stringResource(R.string.more))
        }
        DropdownMenu(expanded = open, onDismissRequest = { open = false }) {
            deeds.forEach { deed ->
                DropdownMenuItem(
                    text = { Text(stringResource(deed.label)) },
                    onClick = {
                        open = false
                        perform(deed)
                    },
                    modifier = Modifier.testTag(Tags.deed(deed)),
                )
            }
        }
    }
}
