package dev.tocsin.pager.screens

import dev.tocsin.core.HomeScreen
import dev.tocsin.core.PageCard

/**
 * The pages without what they are about: for a locked phone whose team wants it so. How bad it is, what one
 * can do and until when is left, because that is what the person must know before they unlock.
 */
fun HomeScreen.hidden(instead: String): HomeScreen = copy(pages = pages.map { it.hidden(instead) })

private fun PageCard.hidden(instead: String) =
    copy(title = instead, service = "", team = "", reasonText = "", next = emptyList())
