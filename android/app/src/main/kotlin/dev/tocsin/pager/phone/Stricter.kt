package dev.tocsin.pager.phone

import dev.tocsin.core.PhoneRules
import dev.tocsin.core.hidesContent
import dev.tocsin.core.sirenFloor
import dev.tocsin.pager.TocsinApp

/** What the owner's teams ask of this phone, as far as it is known. */
private val asked: PhoneRules? get() = Phone.home.value?.rules

/** How loud a page is at least, by its owner's wish and their teams': a share of full volume, 0 to 1. */
fun TocsinApp.sirenFloor(): Float = sirenFloor(settings.volumeFloor, asked)

/** Whether the locked phone hides what a page is about, by its owner's wish or their teams'. */
fun TocsinApp.hidesContent(): Boolean = hidesContent(settings.hideContent, asked)
