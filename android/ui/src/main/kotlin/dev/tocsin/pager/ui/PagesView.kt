package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.NoticeCard

/** The first tab: am I on call, would I be woken, what rings, what is there to read. */
@Composable
fun PagesView(
    home: HomeScreen,
    now: Long,
    onIntent: (Intent) -> Unit,
) = Column(
    verticalArrangement = Arrangement.spacedBy(12.dp),
    modifier = Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(16.dp),
) {
    LightAnswer(home.readiness.light)
    val times = rememberTimes()
    val duty = if (home.onCall) R.string.you_are_on_call else R.string.you_are_not_on_call
    Text(stringResource(duty, home.me.name), style = MaterialTheme.typography.titleLarge)
    home.offlineUntil?.let { Quiet(stringResource(R.string.alarms_quiet_until, times.at(it, now))) }
    home.problems.forEach { Banner(it, R.drawable.ui_warning, Weightiness.WARNED) }
    home.alarms.forEach { Banner(it.text, R.drawable.ui_warning, Weightiness.WRONG) }
    Heading(stringResource(R.string.pages))
    if (home.pages.isEmpty()) Quiet(stringResource(R.string.nothing_rings_more))
    home.pages.forEach { PageRow(it, home.clockOffsetMs, now) { onIntent(Intent.ShowPage(it.ticket)) } }
    NoticesView(home.notices, now, onIntent)
}

/** What the person should read, newest first; nothing when there is nothing. */
@Composable
fun NoticesView(
    notices: List<NoticeCard>,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    if (notices.isEmpty()) return
    Column(verticalArrangement = Arrangement.spacedBy(12.dp)) {
        Heading(stringResource(R.string.notices))
        notices.forEach { Notice(it, now, onIntent) }
    }
}

@Composable
private fun Notice(
    notice: NoticeCard,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    val times = rememberTimes()
    val open = notice.ticket?.let { ticket -> { onIntent(Intent.OpenTicket(ticket)) } }
    Card(onClick = open) {
        Row {
            Column(Modifier.weight(1f)) {
                Quiet(times.at(notice.at, now))
                Text(notice.text, style = MaterialTheme.typography.bodyLarge)
            }
            IconButton(
                onClick = { onIntent(Intent.DismissNotice(notice.number)) },
                modifier = Modifier.testTag("notice-${notice.number}"),
            ) { Icon(painterResource(R.drawable.ui_close), stringResource(R.string.dismiss)) }
        }
    }
}
