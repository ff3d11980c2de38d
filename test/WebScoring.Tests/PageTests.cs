using System.Text;
using Microsoft.Playwright;

namespace WebScoring.Tests;

/// <summary>The page in headless Chromium.</summary>
[TestClass]
public sealed class PageTests
{
    private static readonly string[] _arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private static readonly float _patience = (float)TestServer.Patience.TotalMilliseconds;

    private static IPlaywright? _playwright;
    private static IBrowser? _browser;
    private static TestServer? _server;

    private readonly List<string> _faults = [];

    [ClassInitialize]
    public static async Task Start(TestContext _)
    {
        var chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        if (chromium is null)
            return;
        _server = await TestServer.StartAsync(limits: new Limits { MaxImageBytes = 200_000, MaxRequestBytes = 104_096 });
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(_patience);
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = _arguments, Timeout = _patience });
    }

    [ClassCleanup]
    public static async Task Stop()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [TestMethod]
    public async Task AChosenImageShowsItsClassesWithTheirProbabilitiesAsBars()
    {
        var page = await OpenAsync();
        var red = ColoredImages.Encode("red");

        await page.GetByLabel("Choose images").SetInputFilesAsync(Image("rose.png", red));

        var card = page.GetByRole(AriaRole.Listitem).Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = "rose.png" }) });
        var rows = card.Locator(".predictions li");
        await Assertions.Expect(rows).ToHaveCountAsync(3);
        await Assertions.Expect(rows.First.Locator(".class")).ToHaveTextAsync("red");
        var probability = TinyModel.ScoreAlone([red]).Single().Max();
        var percent = FormattableString.Invariant($"{100 * probability:0.0} %");
        await Assertions.Expect(rows.First.Locator(".percent")).ToHaveTextAsync(percent);
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync($"rose.png: red, {percent}.");
        var bar = await rows.First.Locator(".fill").EvaluateAsync<double>("bar => parseFloat(bar.style.width)");
        Assert.AreEqual(100 * (double)probability, bar, 1e-3);
        Assert.AreEqual(32, await card.Locator("img").EvaluateAsync<int>("image => image.decode().then(() => image.naturalWidth)"));
        AssertNoFaults();
    }

    [TestMethod]
    public async Task DroppedImagesAreClassifiedAndTheDropAreaShowsThatTheyAreOverThePage()
    {
        var page = await OpenAsync();
        var files = ColoredImages.Colors.Select(color => Convert.ToBase64String(ColoredImages.Encode(color))).ToArray();
        var transfer = await page.EvaluateHandleAsync(
            """
            files => {
              const transfer = new DataTransfer();
              files.forEach((base64, i) =>
                transfer.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], `${i}.png`, { type: 'image/png' })));
              return transfer;
            }
            """, files);
        var drop = page.Locator("#drop");

        await drop.DispatchEventAsync("dragenter", new { dataTransfer = transfer });
        await Assertions.Expect(drop).ToContainClassAsync("over");
        await drop.DispatchEventAsync("drop", new { dataTransfer = transfer });

        await Assertions.Expect(drop).Not.ToContainClassAsync("over");
        await Assertions.Expect(page.Locator(".predictions li:first-child .class")).ToHaveTextAsync(ColoredImages.Colors);
        await Assertions.Expect(page.Locator("#count")).ToHaveTextAsync("3 images");
        AssertNoFaults();
    }

    [TestMethod]
    public async Task ATextFileAndTooLargeAFileShowTheirErrorsAndTheImageBesideThemItsClasses()
    {
        var page = await OpenAsync();

        await page.GetByLabel("Choose images").SetInputFilesAsync(
        [
            new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes("no image") },
            Image("green.png", ColoredImages.Encode("green")),
            Image("large.png", new byte[100_001]),
        ]);

        var cards = page.Locator(".card");
        await Assertions.Expect(cards.Nth(0).Locator(".error")).ToHaveTextAsync("It is not a JPEG, PNG, WebP, GIF or BMP image.");
        await Assertions.Expect(cards.Nth(1).Locator(".class").First).ToHaveTextAsync("green");
        await Assertions.Expect(cards.Nth(2).Locator(".error")).ToContainTextAsync("at most 0.1 MB");
        await Assertions.Expect(page.Locator("[aria-busy]")).ToHaveCountAsync(0);
        // Chromium itself logs answers of 4xx.
        Assert.IsTrue(_faults.TrueForAll(fault => fault.Contains("422", StringComparison.Ordinal)), string.Join("; ", _faults));
    }

    [TestMethod]
    public async Task AFileThatWasDeletedSinceCannotBeReadAndTheServerIsNotBlamed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("gone.png");
        ColoredImages.Write(path, "red", 1);
        var page = await OpenAsync();
        await page.EvaluateAsync(
            "() => document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'before' }))");
        await page.Locator("#before").SetInputFilesAsync(path);
        File.Delete(path);

        var transfer = await page.EvaluateHandleAsync(
            """
            () => {
              const transfer = new DataTransfer();
              transfer.items.add(document.getElementById('before').files[0]);
              return transfer;
            }
            """);
        await page.Locator("#drop").DispatchEventAsync("drop", new { dataTransfer = transfer });

        await Assertions.Expect(page.Locator(".card .error")).ToHaveTextAsync("The file cannot be read.");
    }

    [TestMethod]
    public async Task EverythingIsReachedByKeyboard()
    {
        var page = await OpenAsync();
        await page.GetByLabel("Choose images").SetInputFilesAsync(Image("a.png", ColoredImages.Encode("red")));
        await Assertions.Expect(page.Locator(".predictions")).ToBeVisibleAsync();
        await page.Locator("body").EvaluateAsync("() => document.activeElement.blur()");

        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByLabel("Choose images")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Clear all" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Remove a.png" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Locator(".card")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByLabel("Choose images")).ToBeFocusedAsync();
        AssertNoFaults();
    }

    [TestMethod]
    public async Task IsDarkWhereTheSystemIsAndFitsAPhone()
    {
        var light = await OpenAsync(new() { ColorScheme = ColorScheme.Light });
        var dark = await OpenAsync(new() { ColorScheme = ColorScheme.Dark, ViewportSize = new() { Width = 390, Height = 800 } });

        Assert.AreNotEqual(await BackgroundAsync(light), await BackgroundAsync(dark));
        Assert.AreEqual(390, await dark.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));

        static Task<string> BackgroundAsync(IPage page) =>
            page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
    }

    private static FilePayload Image(string name, byte[] bytes) => new() { Name = name, MimeType = "image/png", Buffer = bytes };

    /// <summary>Opens the page, and notes what goes wrong on it: errors, violations of its policy, and requests to other places.</summary>
    private async Task<IPage> OpenAsync(BrowserNewPageOptions? options = null)
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed (Debian's package chromium).");
        var page = await _browser.NewPageAsync(options);
        page.SetDefaultTimeout(_patience);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _faults.Add(message.Text);
        };
        page.PageError += (_, error) => _faults.Add(error);
        var origin = _server!.Client.BaseAddress!.ToString();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(origin, StringComparison.Ordinal) && new Uri(request.Url).Scheme is not ("data" or "blob"))
                _faults.Add($"asks for {request.Url}");
        };
        await page.GotoAsync(origin);
        await Assertions.Expect(page.Locator("#model")).ToContainTextAsync("3 classes");
        return page;
    }

    private void AssertNoFaults() => Assert.AreEqual(0, _faults.Count, string.Join("; ", _faults));
}
