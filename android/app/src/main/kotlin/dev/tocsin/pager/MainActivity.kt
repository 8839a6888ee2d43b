package dev.tocsin.pager

import android.Manifest
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.provider.Settings
import android.widget.Toast
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.result.contract.ActivityResultContracts.RequestPermission
import androidx.activity.viewModels
import androidx.annotation.RequiresApi
import androidx.lifecycle.lifecycleScope
import androidx.lifecycle.viewmodel.initializer
import androidx.lifecycle.viewmodel.viewModelFactory
import dev.tocsin.core.Code
import dev.tocsin.core.TicketId
import dev.tocsin.pager.enrol.mayScan
import dev.tocsin.pager.fix.Maker
import dev.tocsin.pager.fix.Mend
import dev.tocsin.pager.fix.openFirst
import dev.tocsin.pager.live.Live
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.screens.MainModel
import dev.tocsin.pager.screens.MainRoute
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import dev.tocsin.pager.ui.Intent as Wish

/** The app as a person opens it: tickets, readiness, settings, and enrolling before all that. */
class MainActivity : ComponentActivity() {
    private val model: MainModel by viewModels {
        viewModelFactory { initializer { MainModel(application) } }
    }

    private val camera =
        registerForActivityResult(RequestPermission()) { granted ->
            if (granted) model.perform(Wish.Scan) else model.enrolling.blind()
        }

    private val notifications = registerForActivityResult(RequestPermission()) { changed() }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        setContent { MainRoute(model, ::perform) }
        if (savedInstanceState == null) {
            take(intent)
            model.renewPushes()
        }
        lifecycleScope.launch {
            Phone.home.first { it != null }
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) askToNotify()
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        setIntent(intent)
        take(intent)
    }

    /** Back from a setting, maybe: what was wrong may be mended, and what was refused be allowed. */
    override fun onResume() {
        super.onResume()
        changed()
        Live.keep(this)
    }

    private fun changed() = Phone.pager(this).deviceChanged()

    private fun take(intent: Intent) {
        if (intent.hasExtra(TICKET)) model.perform(Wish.OpenTicket(intent.getLongExtra(TICKET, 0)))
        val link = intent.data?.takeIf { intent.action == Intent.ACTION_VIEW } ?: return
        // A link may come from anywhere: it never takes a phone from whoever has it.
        if (model.owner() == null) model.enrolling.link(link.toString()) else say(R.string.enrol_already)
    }

    private fun perform(wish: Wish) {
        when (wish) {
            is Wish.Fix -> {
                fix(wish.code)
            }

            is Wish.FixMaker -> {
                Maker.ofThisPhone()?.let { openFirst(it.screens(this)) }
            }

            is Wish.OpenAddress -> {
                open(wish.url)
            }

            is Wish.JoinConference -> {
                Phone.pager(this).joinConference(wish.ticket)
                open(wish.url)
            }

            is Wish.ShowPage -> {
                startActivity(PageActivity.intent(this, wish.ticket))
            }

            is Wish.OpenLanguage -> {
                openFirst(languages())
            }

            is Wish.ShareLog -> {
                share(Phone.pager(this).supportLog())
            }

            is Wish.Scan -> {
                if (mayScan()) model.perform(wish) else camera.launch(Manifest.permission.CAMERA)
            }

            else -> {
                model.perform(wish)
            }
        }
    }

    private fun fix(code: Code) {
        when (val mend = Mend.of(code, this)) {
            is Mend.There -> openFirst(mend.screens)
            is Mend.Here -> model.perform(Wish.Show(mend.tab))
            null -> Unit
        }
    }

    private fun open(url: String) {
        if (!openFirst(listOf(addressed(url)))) say(R.string.no_app_opens)
    }

    /** As text, so that no file of ours is opened to another app. */
    private fun share(log: String) {
        val send = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, log)
        startActivity(Intent.createChooser(send, getString(R.string.share_log)))
    }

    private fun languages() =
        listOfNotNull(
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) appLanguages() else null,
            Intent(Settings.ACTION_LOCALE_SETTINGS),
        )

    @RequiresApi(Build.VERSION_CODES.TIRAMISU)
    private fun appLanguages() =
        Intent(Settings.ACTION_APP_LOCALE_SETTINGS, Uri.fromParts("package", packageName, null))

    /** Once somebody's pager, a phone must show pages; the system asks at most twice, and remembers no. */
    @RequiresApi(Build.VERSION_CODES.TIRAMISU)
    private fun askToNotify() = notifications.launch(Manifest.permission.POST_NOTIFICATIONS)

    private fun say(text: Int) = Toast.makeText(this, text, Toast.LENGTH_LONG).show()

    companion object {
        private const val TICKET = "dev.tocsin.pager.TICKET"

        /** Opens the app, with this ticket in front. */
        fun intent(
            context: Context,
            ticket: TicketId? = null,
        ): Intent = Intent(context, MainActivity::class.java).apply { ticket?.let { putExtra(TICKET, it) } }

        /** Opens a page of the web or a telephone's dial; what else a server may send opens nothing. */
        internal fun addressed(url: String): Intent {
            val address = Uri.parse(url)
            val action = if (address.scheme == "tel") Intent.ACTION_DIAL else Intent.ACTION_VIEW
            return Intent(action, address).addCategory(Intent.CATEGORY_BROWSABLE)
        }
    }
}
