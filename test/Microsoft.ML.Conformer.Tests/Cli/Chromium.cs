using System.Collections.Concurrent;
using PuppeteerSharp;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>Headless Chromium, where it is installed.</summary>
internal static class Chromium
{
    private static readonly string[] _arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private static string? Path { get; } =
        new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    /// <summary>Starts it; null where it is not installed.</summary>
    public static async Task<IBrowser?> StartAsync() => Path is null ? null : await Puppeteer.LaunchAsync(new LaunchOptions
    {
        ExecutablePath = Path,
        Args = _arguments,
        Headless = true,
        Timeout = Patience.Milliseconds,
        ProtocolTimeout = Patience.Milliseconds,
    });

    /// <summary>A new page; the test is inconclusive without a browser.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="faults">Gets errors, warnings and requests to elsewhere.</param>
    /// <param name="origin">What the addresses begin with that the page may ask for.</param>
    public static async Task<IPage> NewPageAsync(IBrowser? browser, ConcurrentQueue<string> faults, string origin)
    {
        if (browser is null)
            Assert.Inconclusive("Chromium is not installed.");
        var page = await browser.NewPageAsync();
        Watch(page, faults, origin);
        return page;
    }

    /// <inheritdoc cref="NewPageAsync"/>
    public static void Watch(IPage page, ConcurrentQueue<string> faults, string origin)
    {
        page.DefaultTimeout = Patience.Milliseconds;
        page.Request += (_, e) =>
        {
            if (!e.Request.Url.StartsWith(origin, StringComparison.Ordinal) && new Uri(e.Request.Url).Scheme is not ("data" or "blob"))
                faults.Enqueue($"asks for {e.Request.Url}");
        };
        page.Console += (_, e) =>
        {
            if (e.Message.Type is ConsoleType.Error or ConsoleType.Warning)
                faults.Enqueue(e.Message.Text);
        };
        page.PageError += (_, e) => faults.Enqueue(e.Message);
        page.Error += (_, e) => faults.Enqueue(e.Error);
    }
}
