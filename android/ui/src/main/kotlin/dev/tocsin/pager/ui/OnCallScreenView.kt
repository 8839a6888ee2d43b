package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.tocsin.core.OnCallCard
import dev.tocsin.core.OnCallScreen
import dev.tocsin.core.ShiftCard

/**
 * Who is on call, and when this person is. [onCall] is absent until the server has answered, [failure] says
 * why it did not; what it answered before stays. [now] is the device's clock.
 */
@Composable
fun OnCallScreenView(
    onCall: OnCallScreen?,
    failure: String?,
    now: Long,
    onIntent: (Intent) -> Unit,
) = Column(
    verticalArrangement = Arrangement.spacedBy(12.dp),
    modifier = Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(16.dp),
) {
    failure?.let {
        Banner(it, R.drawable.ui_offline, Weightiness.WARNED)
        OutlinedButton(
            onClick = { onIntent(Intent.Refresh) },
            modifier = Modifier.heightIn(min = Touch),
        ) { Text(stringResource(R.string.again)) }
    }
    if (onCall == null && failure == null) {
        Quiet(stringResource(R.string.asking_server))
        LinearProgressIndicator(Modifier.fillMaxWidth())
    }
    onCall?.let { known ->
        Heading(stringResource(R.string.on_call_now))
        known.now.forEach { Team(it, now) }
        Heading(stringResource(R.string.my_shifts))
        if (known.mine.isEmpty()) Quiet(stringResource(R.string.no_shifts))
        known.mine.forEach { Shift(it, now) }
    }
}

@Composable
private fun Team(
    team: OnCallCard,
    now: Long,
) = Card {
    val times = rememberTimes()
    Quiet(team.team)
    val who = if (team.isMe) stringResource(R.string.it_is_you, team.primary) else team.primary
    Text(who, style = MaterialTheme.typography.titleLarge)
    val after =
        listOf(
            stringResource(R.string.until, times.at(team.until, now)),
            stringResource(R.string.then_who, team.next),
        )
    Text(after.joinToString(" · "), style = MaterialTheme.typography.bodyLarge)
    val others =
        listOfNotNull(
            team.secondary?.let { stringResource(R.string.secondary, it) },
            team.manager?.let { stringResource(R.string.manager, it) },
        )
    if (others.isNotEmpty()) Quiet(others.joinToString(" · "))
    team.waitsFor?.let {
        Banner(stringResource(R.string.waits_for, it), R.drawable.ui_warning, Weightiness.WARNED)
    }
}

@Composable
private fun Shift(
    shift: ShiftCard,
    now: Long,
) = Card {
    val times = rememberTimes()
    Text(times.span(shift.from, shift.until), style = MaterialTheme.typography.titleMedium)
    val layer = stringResource(R.string.layer, shift.layer.toInt())
    val running = stringResource(R.string.shift_running).takeIf { now in shift.from..<shift.until }
    Quiet(listOfNotNull(shift.team, layer, running).joinToString(" · "))
    shift.shadow?.let { Quiet(stringResource(R.string.shadow, it.newcomer, it.mentor)) }
}
