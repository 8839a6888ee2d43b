package dev.tocsin.pager.screens

import dev.tocsin.core.Pager
import dev.tocsin.core.TicketId
import dev.tocsin.core.TicketObserver
import dev.tocsin.core.TicketScreen
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate

/** What there is to show of this ticket, for as long as somebody collects; nothing when it is gone. */
fun Pager.ticketScreens(ticket: TicketId): Flow<TicketScreen?> =
    callbackFlow {
        val observation =
            observeTicket(
                ticket,
                object : TicketObserver {
                    override fun show(ticket: TicketScreen?) {
                        trySend(ticket)
                    }
                },
            )
        awaitClose {
            observation.end()
            observation.close()
        }
    }.conflate()
