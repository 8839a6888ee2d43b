package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListScope
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.TicketCard

/** Every ticket the device keeps, in the order the core gives. [now] is the device's clock. */
@Composable
fun TicketsScreen(
    home: HomeScreen,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    val (open, over) = home.tickets.partition { it.open }
    LazyColumn(
        contentPadding = PaddingValues(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
        modifier = Modifier.fillMaxSize().testTag(Tags.LIST),
    ) {
        item {
            Heading(stringResource(R.string.tickets_open))
            if (open.isEmpty()) Quiet(stringResource(R.string.no_tickets))
        }
        tickets(open, home.clockOffsetMs, now, onIntent)
        if (over.isNotEmpty()) item { Heading(stringResource(R.string.tickets_resolved)) }
        tickets(over, home.clockOffsetMs, now, onIntent)
    }
}

private fun LazyListScope.tickets(
    tickets: List<TicketCard>,
    offset: Long,
    now: Long,
    onIntent: (Intent) -> Unit,
) = items(tickets, key = { it.ticket }) { TicketRow(it, offset, now, onIntent) }

@Composable
private fun TicketRow(
    ticket: TicketCard,
    offset: Long,
    now: Long,
    onIntent: (Intent) -> Unit,
) = Card(Modifier.testTag(Tags.ticket(ticket.ticket)), { onIntent(Intent.OpenTicket(ticket.ticket)) }) {
    FlowRow(
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalArrangement = Arrangement.spacedBy(4.dp),
        itemVerticalAlignment = Alignment.CenterVertically,
    ) {
        SeverityBadge(ticket.severity, ticket.severityText)
        Text(ticket.stateText, style = MaterialTheme.typography.labelLarge)
        runningLimit(ticket.due, null, emptyList(), offset)?.let { LimitLine(it, now) }
    }
    Text(ticket.title, style = MaterialTheme.typography.titleMedium)
    Quiet(listOf(ticket.service, ticket.team, ticket.owner).filter { it.isNotEmpty() }.joinToString(" · "))
    ticket.held?.let { Quiet(stringResource(R.string.held, it)) }
    if (ticket.pending) {
        Text(
            stringResource(R.string.tap_waits),
            style = MaterialTheme.typography.labelLarge,
            color = MaterialTheme.colorScheme.tertiary,
        )
    }
}
