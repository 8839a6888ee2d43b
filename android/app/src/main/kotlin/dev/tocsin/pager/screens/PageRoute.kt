package dev.tocsin.pager.screens

import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.tocsin.core.TicketId
import dev.tocsin.pager.R
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.ui.Intent
import dev.tocsin.pager.ui.PageScreen
import dev.tocsin.pager.ui.ticketInFront
import kotlinx.coroutines.flow.StateFlow

/**
 * The page screen, as it stands now; nothing until it is known. [hides]: nothing of what the pages are about is
 * to be seen.
 */
@Composable
fun PageRoute(
    chosen: StateFlow<TicketId?>,
    hides: () -> Boolean,
    perform: (Intent) -> Unit,
) {
    val home by Phone.home.collectAsStateWithLifecycle()
    val picked by chosen.collectAsStateWithLifecycle()
    val now by rememberNow()
    val shown = home ?: return
    val ticket by rememberTicket(shown.ticketInFront(picked))
    if (hides()) {
        PageScreen(shown.hidden(stringResource(R.string.hidden_until_unlocked)), null, now, perform)
    } else {
        PageScreen(shown, ticket, now, perform)
    }
}
