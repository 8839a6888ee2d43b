package dev.tocsin.pager.ui

import android.icu.text.MeasureFormat.FormatWidth
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.FilterChip
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.unit.dp
import dev.tocsin.core.Deed
import dev.tocsin.core.HelpTarget
import dev.tocsin.core.IncidentRole
import dev.tocsin.core.PersonId
import dev.tocsin.core.Severity
import dev.tocsin.core.TicketId
import dev.tocsin.core.TicketScreen

/** The server takes no more characters than this of what somebody writes (`POST /v1/commands`). */
const val LONGEST_TEXT = 4_000

/** From here on a person is told how much room is left. */
private const val NEARLY_FULL = 3_500

/** By how much a limit can be moved, in minutes; the server says no to what is more than the limit itself. */
private val Extensions = listOf(5, 10, 15, 30, 60, 120, 240)

/**
 * Lets [content] do deeds: what needs no words is given at once, everything else asks first.
 */
@Composable
internal fun WithDeeds(
    ticket: TicketScreen,
    onIntent: (Intent) -> Unit,
    content: @Composable (perform: (Deed) -> Unit) -> Unit,
) {
    var asked by rememberSaveable(ticket.card.ticket) { mutableStateOf<Deed?>(null) }
    content { deed -> deed.atOnce(ticket)?.let(onIntent) ?: run { asked = deed } }
    asked?.takeIf { it in ticket.deeds }?.let { deed ->
        val close = { asked = null }
        val give = { intent: Intent ->
            close()
            onIntent(intent)
        }
        DeedDialog(deed, ticket, give, close)
    }
}

/** What is meant, where nothing is left to ask. */
private fun Deed.atOnce(ticket: TicketScreen): Intent? =
    when (this) {
        Deed.CHECK_IN -> Intent.CheckIn(ticket.card.ticket)
        Deed.START_WORK -> Intent.StartWork(ticket.card.ticket)
        Deed.JOIN_CONFERENCE -> ticket.conference?.url?.let { Intent.JoinConference(ticket.card.ticket, it) }
        else -> null
    }

@Composable
private fun DeedDialog(
    deed: Deed,
    ticket: TicketScreen,
    give: (Intent) -> Unit,
    close: () -> Unit,
) {
    val id = ticket.card.ticket
    when (deed) {
        Deed.RESOLVE -> Confirm(R.string.resolve_ask, R.string.resolve, { give(Intent.Resolve(id)) }, close)

        Deed.REOPEN -> Confirm(R.string.reopen_ask, R.string.reopen, { give(Intent.Reopen(id)) }, close)

        Deed.CONVENE -> Confirm(R.string.convene_ask, R.string.convene, { give(Intent.Convene(id)) }, close)

        Deed.CANNOT_HELP -> CannotDialog(id, ticket.next, give, close)

        Deed.ASK_HELP -> HelpDialog(ticket, give, close)

        Deed.ADD_NOTE -> TextDialog(deed, R.string.add, { give(Intent.AddNote(id, it)) }, close)

        Deed.UPDATE_STATUS -> TextDialog(deed, R.string.send, { give(Intent.UpdateStatus(id, it)) }, close)

        Deed.EXTEND_LIMIT -> ExtendDialog(id, give, close)

        Deed.REASSIGN -> ReassignDialog(ticket, give, close)

        Deed.SET_SEVERITY -> SeverityDialog(ticket, give, close)

        Deed.NAME_ROLE -> RoleDialog(ticket, give, close)

        // Given at once; the conference's address may have gone away meanwhile.
        Deed.CHECK_IN, Deed.START_WORK, Deed.JOIN_CONFERENCE -> close()
    }
}

/** "I cannot": says what happens then, asks once. */
@Composable
internal fun CannotDialog(
    ticket: TicketId,
    next: List<String>,
    give: (Intent) -> Unit,
    close: () -> Unit,
) {
    var reason by rememberSaveable { mutableStateOf("") }
    val said = reason.trim().ifEmpty { null }
    Ask(
        title = stringResource(R.string.cannot_title),
        confirm = stringResource(R.string.cannot_confirm),
        onConfirm = { give(Intent.Cannot(ticket, said)) }.takeIf { reason.fits() },
        close = close,
    ) {
        val who = next.joinToString()
        Text(
            if (who.isEmpty()) {
                stringResource(R.string.cannot_ask)
            } else {
                stringResource(R.string.cannot_ask_who, who)
            },
        )
        Words(reason, { reason = it }, stringResource(R.string.reason_if_you_like))
    }
}

@Composable
private fun HelpDialog(
    ticket: TicketScreen,
    give: (Intent) -> Unit,
    close: () -> Unit,
) {
    var target by remember { mutableStateOf<HelpTarget?>(null) }
    var message by rememberSaveable { mutableStateOf("") }
    val intent = target?.let { Intent.AskHelp(ticket.card.ticket, it, message.trim()) }
    Ask(
        title = stringResource(R.string.ask_help),
        confirm = stringResource(R.string.page_them),
        onConfirm = intent?.takeIf { message.isSaid() }?.let { { give(it) } },
        close = close,
    ) {
        Words(message, { message = it }, stringResource(R.string.help_message))
        Choices(ticket.helpChoices.map { it.target to it.text }, target) { target = it }
    }
}

@Composable
private fun TextDialog(
    deed: Deed,
    confirm: Int,
    onText: (String) -> Unit,
    close: () -> Unit,
) {
    var text by rememberSaveable { mutableStateOf("") }
    Ask(
        title = stringResource(deed.label),
        confirm = stringResource(confirm),
        onConfirm = { onText(text.trim()) }.takeIf { text.isSaid() },
        close = close,
    ) {
        val hint = if (deed == Deed.UPDATE_STATUS) R.string.status_hint else R.string.note_hint
        Words(text, { text = it }, stringResource(hint))
    }
}

@Composable
private fun ExtendDialog(
    ticket: TicketId,
    give: (Intent) -> Unit,
    close: () -> Unit,
) {
    val times = rememberTimes()
    var minutes by rememberSaveable { mutableStateOf<Int?>(null) }
    var reason by rememberSaveable { mutableStateOf("") }
    val intent = minutes?.let { Intent.ExtendLimit(ticket, (it * 60).toUInt(), reason.trim()) }
    Ask(
        title = stringResource(R.string.extend_limit),
        confirm = stringResource(R.string.extend),
        onConfirm = intent?.takeIf { reason.isSaid() }?.let { { give(it) } },
        close = close,
    ) {
        FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            Extensions.forEach { choice ->
                FilterChip(
                    selected = minutes == choice,
                    onClick = { minutes = choice },
                    label = { Text(times.length(choice * 60_000L, FormatWidth.SHORT)) },
                    modifier = Modifier.heightIn(min = Touch),
                )
            }
        }
        Words(reason, { reason = it }, stringResource(R.string.reason))
    }
}

@Composable
private fun ReassignDialog(
    ticket: TicketScreen,
    give: (Intent) -> Unit,
    close: () -> Unit,
) {
    var person by rememberSaveable { mutableStateOf<PersonId?>(null) }
    Ask(
        title = stringResource(R.string.reassign_title),
        confirm = stringResource(R.string.reassign),
        onConfirm = person?.let { { give(Intent.Reassign(ticket.card.ticket, it)) } },
        close = close,
    ) {
        Text(stringResource(R.string.reassign_ask))
        Choices(ticket.people.map { it.id to it.name }, person) { person = it }
    }
}

@Composable
private fun SeverityDialog(
    ticket: TicketScreen,
    give: (Intent) -> Unit,
    close: () -> Unit,
) {
    var severity by rememberSaveable { mutableStateOf<Severity?>(null) }
    Ask(
        title = stringResource(R.string.set_severity),
        confirm = stringResource(R.string.change),
        onConfirm = severity?.let { { give(Intent.SetSeverity(ticket.card.ticket, it)) } },
        close = close,
    ) {
        val others = Severity.entries.filter { it != ticket.card.severity }
        Choices(others.map { it to it.word }, severity) { severity = it }
    }
}

@Composable
private fun RoleDialog(
    ticket: TicketScreen,
    give: (Intent) -> Unit,
    close: () -> Unit,
) {
    var role by rememberSaveable { mutableStateOf(IncidentRole.COMMANDER) }
    var person by rememberSaveable { mutableStateOf<PersonId?>(null) }
    Ask(
        title = stringResource(R.string.name_role),
        confirm = stringResource(R.string.name_them),
        onConfirm = person?.let { { give(Intent.NameRole(ticket.card.ticket, it, role)) } },
        close = close,
    ) {
        FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            IncidentRole.entries.forEach { choice ->
                FilterChip(
                    selected = role == choice,
                    onClick = { role = choice },
                    label = { Text(stringResource(choice.label)) },
                    modifier = Modifier.heightIn(min = Touch),
                )
            }
        }
        Choices(ticket.people.map { it.id to it.name }, person) { person = it }
    }
}

/** A question with yes and no. */
@Composable
internal fun Confirm(
    question: Int,
    confirm: Int,
    onConfirm: () -> Unit,
    close: () -> Unit,
) = Ask(stringResource(confirm), stringResource(confirm), onConfirm, close) { Text(stringResource(question)) }

/** A dialog; what it confirms is not ready while [onConfirm] is absent. */
@Composable
private fun Ask(
    title: String,
    confirm: String,
    onConfirm: (() -> Unit)?,
    close: () -> Unit,
    content: @Composable () -> Unit,
) = AlertDialog(
    onDismissRequest = close,
    title = { Text(title) },
    text = {
        Column(
            verticalArrangement = Arrangement.spacedBy(12.dp),
            modifier = Modifier.verticalScroll(rememberScrollState()),
        ) { content() }
    },
    confirmButton = {
        Button(
            onClick = { onConfirm?.invoke() },
            enabled = onConfirm != null,
            modifier = Modifier.heightIn(min = 56.dp).testTag(Tags.CONFIRM),
        ) { Text(confirm) }
    },
    dismissButton = {
        TextButton(onClick = close, modifier = Modifier.heightIn(min = 56.dp).testTag(Tags.CANCEL)) {
            Text(stringResource(R.string.cancel))
        }
    },
)

/** A field for what a person says, which tells when it is too much. */
@Composable
private fun Words(
    text: String,
    onText: (String) -> Unit,
    label: String,
) {
    val count = text.count()
    OutlinedTextField(
        value = text,
        onValueChange = onText,
        label = { Text(label) },
        isError = count > LONGEST_TEXT,
        supportingText =
            if (count < NEARLY_FULL) {
                null
            } else {
                { Text(stringResource(R.string.characters, count, LONGEST_TEXT)) }
            },
        keyboardOptions = KeyboardOptions(capitalization = KeyboardCapitalization.Sentences),
        minLines = 2,
        maxLines = 6,
        modifier = Modifier.fillMaxWidth().testTag(Tags.WORDS),
    )
}

/** Some things of which one is chosen. */
@Composable
private fun <T> Choices(
    choices: List<Pair<T, String>>,
    chosen: T?,
    onChoice: (T) -> Unit,
) = Column(Modifier.selectableGroup()) {
    choices.forEach { (choice, text) ->
        ChoiceRow(choice == chosen, { onChoice(choice) }) {
            Text(text, style = MaterialTheme.typography.bodyLarge)
        }
    }
}

/** Characters as the server counts them: an emoji is one, though Java takes two for it. */
private fun String.count() = codePointCount(0, length)

private fun String.fits() = trim().count() <= LONGEST_TEXT

private fun String.isSaid() = isNotBlank() && fits()
