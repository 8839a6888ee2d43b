package dev.tocsin.pager.push

import android.content.Context
import android.content.pm.PackageManager
import dev.tocsin.core.PagerException
import dev.tocsin.core.PushOffer
import dev.tocsin.core.Transport
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import org.unifiedpush.android.connector.UnifiedPush

/**
 * WebPush (RFC 8030) by whichever app delivers it: one of the person's own, such as ntfy, or the part of
 * Tocsin that speaks with Play services where there are such. See https://unifiedpush.org.
 */
object UnifiedPushWay : PushWay {
    override val transport = Transport.WEB_PUSH
    override val title = R.string.push_unified
    override val troubleshoot = R.string.push_unified_help

    /** The apps on this phone that could deliver, by package; this one stands for Play services. */
    fun distributors(context: Context): List<String> {
        val all = UnifiedPush.getDistributors(context)
        return if (hasPlayServices(context)) all else all - context.packageName
    }

    /** The app that delivers, once one is chosen. */
    fun chosen(context: Context): String? = UnifiedPush.getSavedDistributor(context)

    /** The person's choice; registers anew with it. */
    fun choose(
        context: Context,
        distributor: String,
    ) = UnifiedPush.saveDistributor(context, distributor)

    override fun register(
        context: Context,
        offer: PushOffer,
    ) {
        val distributor = chosen(context) ?: preferred(context)
        if (distributor == null) {
            TocsinApp.of(context).pushes.failed(transport, PushTrouble.NO_APP)
            return
        }
        UnifiedPush.saveDistributor(context, distributor)
        val about = context.getString(R.string.push_for)
        try {
            UnifiedPush.register(
                context = context,
                messageForDistributor = about,
                vapid = offer.vapidPublicKey,
                keyManager = keys(context),
            )
        } catch (_: UnifiedPush.VapidNotValidException) {
            TocsinApp.of(context).pushes.failed(transport, PushTrouble.BAD_KEY)
        }
    }

    override fun unregister(context: Context) = UnifiedPush.unregister(context, keyManager = keys(context))

    /** An app that the person installed for it goes before the one that is there anyhow. */
    private fun preferred(context: Context): String? {
        val all = distributors(context)
        return all.firstOrNull { it != context.packageName } ?: all.firstOrNull()
    }

    private fun hasPlayServices(context: Context): Boolean =
        try {
            context.packageManager.getPackageInfo(PLAY_SERVICES, 0)
            true
        } catch (_: PackageManager.NameNotFoundException) {
            false
        }

    private const val PLAY_SERVICES = "com.google.android.gms"

    /** What a library is shown of the device's keys. */
    fun keys(context: Context) =
        DeviceKeys {
            try {
                Phone.pager(context).pushKeys()
            } catch (_: PagerException.NotEnrolled) {
                null
            }
        }
}
