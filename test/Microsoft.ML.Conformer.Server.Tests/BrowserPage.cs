using System.Collections.Concurrent;
using Microsoft.ML.Conformer.Tests.Cli;
using PuppeteerSharp;
using PuppeteerSharp.Media;

namespace Conformer.Server.Tests;

/// <summary>
/// The page in a browser: its elements are found and read as users find and read them. Each wait ends after
/// <see cref="Patience.Limit"/>.
/// </summary>
internal sealed class BrowserPage
{
    /// <summary>An element's text as its users see it, where white space is one space.</summary>
    private const string SeenText = "element => element.textContent.replace(/\\s+/g, ' ').trim()";

    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);

    private readonly IPage _page;
    private readonly ConcurrentQueue<string> _faults = [];

    private BrowserPage(IPage page, string origin)
    {
        _page = page;
        Chromium.Watch(page, _faults, origin);
    }

    /// <summary>What went wrong on the page: errors, violations of its policy, and requests to other places.</summary>
    public IReadOnlyList<string> Faults => [.. _faults];

    /// <summary>Opens the page in a browser context of its own, and waits until it shows the model.</summary>
    public static async Task<BrowserPage> OpenAsync(
        IBrowser browser, Uri origin, string colorScheme = "light", int width = 1280, int height = 720)
    {
        var context = await browser.CreateBrowserContextAsync();
        var page = await context.NewPageAsync();
        var opened = new BrowserPage(page, origin.ToString());
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = height });
        await page.EmulateMediaFeaturesAsync(
            [new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = colorScheme }]);
        await page.GoToAsync(origin.ToString());
        await opened.ExpectTextAsync("#model", text => text.Contains(" classes, seen ", StringComparison.Ordinal), "the model's classes");
        return opened;
    }

    /// <summary>Gives files to the input that a label names.</summary>
    public async Task ChooseAsync(string label, params string[] paths) => await (await LabeledAsync(label)).UploadFileAsync(paths);

    /// <summary>Gives files to the input that a selector finds.</summary>
    public async Task ChooseBySelectorAsync(string selector, string path) => await (await SingleAsync(selector)).UploadFileAsync(path);

    /// <summary>Lets an element get an event of a drag.</summary>
    public async Task DragAsync(string selector, string type, IJSHandle transfer) =>
        await (await SingleAsync(selector)).EvaluateFunctionAsync(
            """
            (element, type, dataTransfer) => {
              element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true, composed: true }));
            }
            """, type, transfer);

    /// <summary>Chooses an option of what a label names.</summary>
    public async Task SelectAsync(string label, string option) => await (await LabeledAsync(label)).SelectAsync(option);

    /// <summary>Clicks on the only element of a selector.</summary>
    public async Task ClickAsync(string selector) => await (await SingleAsync(selector)).ClickAsync();

    public Task PressAsync(string key) => _page.Keyboard.PressAsync(key);

    public Task RunAsync(string function) => _page.EvaluateFunctionAsync(function);

    public Task<T> EvaluateAsync<T>(string function, params object[] arguments) =>
        _page.EvaluateFunctionAsync<T>(function, arguments);

    public Task<IJSHandle> EvaluateHandleAsync(string function, params object[] arguments) =>
        _page.EvaluateFunctionHandleAsync(function, arguments);

    /// <summary>The only element of a role and, where given, an accessible name.</summary>
    public Task<IElementHandle> WithRoleAsync(string role, string name = "") => SingleAsync(Aria(role, name));

    /// <summary>The only list item that has a heading of this text.</summary>
    public Task<IElementHandle> ItemHeadedAsync(string heading) => SingleAsync(
        async () =>
        {
            List<IElementHandle> found = [];
            foreach (var item in await _page.QuerySelectorAllAsync(Aria("listitem")))
                if (await item.QuerySelectorAsync(Aria("heading", heading)) is not null)
                    found.Add(item);
            return found;
        },
        $"a list item headed {heading}");

    /// <summary>The only element that a label's text names.</summary>
    public async Task<IElementHandle> LabeledAsync(string label)
    {
        var handle = await _page.EvaluateFunctionHandleAsync(
            """
            text => {
              const labels = [...document.querySelectorAll('label')].filter(label => label.textContent.trim() === text);
              return labels.length === 1 ? labels[0].control : null;
            }
            """, label);
        return Assert.IsInstanceOfType<IElementHandle>(handle, $"what the label '{label}' names");
    }

    /// <summary>Waits until the elements of a selector have exactly these texts.</summary>
    public Task ExpectTextsAsync(string selector, params IEnumerable<string> expected) =>
        ExpectTextsAsync(() => TextsAsync(selector), expected.ToArray(), selector);

    /// <summary>Waits until the elements of a selector in another element have exactly these texts.</summary>
    public static Task ExpectTextsAsync(IElementHandle root, string selector, params IEnumerable<string> expected) =>
        ExpectTextsAsync(() => TextsAsync(root, selector), expected.ToArray(), selector);

    /// <summary>Waits until an element has exactly this text.</summary>
    public static Task ExpectTextAsync(IElementHandle element, string expected) =>
        ExpectTextsAsync(async () => [await element.EvaluateFunctionAsync<string>(SeenText)], [expected], "the element");

    /// <summary>Waits until the only element of a selector has a text that meets a condition.</summary>
    public async Task ExpectTextAsync(string selector, Func<string, bool> condition, string what)
    {
        string[] actual = [];
        await ExpectAsync(
            async () => (actual = await TextsAsync(selector)).Length == 1 && condition(actual[0]),
            () => $"{what} in {selector}, which has {Describe(actual)}");
    }

    /// <summary>Waits until a selector finds so many elements.</summary>
    public async Task ExpectCountAsync(string selector, int expected)
    {
        string[] actual = [];
        await ExpectAsync(
            async () => (actual = await TextsAsync(selector)).Length == expected,
            () => $"{expected} elements {selector}; there are {actual.Length}");
    }

    /// <summary>Waits until the only element of a selector can be seen.</summary>
    public Task ExpectVisibleAsync(string selector) => ExpectAsync(
        async () => await _page.QuerySelectorAllAsync(selector) is [var element] && await element.IsVisibleAsync(),
        () => $"{selector} can be seen");

    /// <summary>Waits until an element has the focus.</summary>
    public Task ExpectFocusAsync(IElementHandle element, string what) => ExpectAsync(
        () => element.EvaluateFunctionAsync<bool>("element => element === document.activeElement && document.hasFocus()"),
        () => $"{what} has the focus");

    /// <summary>Waits until the only element of a selector has a class, or has it no more.</summary>
    public Task ExpectClassAsync(string selector, string name, bool expected = true) => ExpectAsync(
        async () => await (await SingleAsync(selector))
            .EvaluateFunctionAsync<bool>("(element, name) => element.classList.contains(name)", name) == expected,
        () => $"{selector} {(expected ? "has" : "has not")} the class {name}");

    public Task CloseAsync() => _page.BrowserContext.CloseAsync();

    private static string Aria(string role, string name = "") => $"::-p-aria({name}[role=\"{role}\"])";

    private static async Task ExpectTextsAsync(Func<Task<string[]>> read, string[] expected, string selector)
    {
        string[] actual = [];
        await ExpectAsync(
            async () => (actual = await read()).SequenceEqual(expected),
            () => $"{Describe(expected)} in {selector}, which has {Describe(actual)}");
    }

    private static async Task ExpectAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var limit = DateTime.UtcNow + Patience.Limit;
        while (!await condition())
        {
            Assert.IsTrue(DateTime.UtcNow < limit, $"Waited in vain for {what()}.");
            await Task.Delay(_pollInterval);
        }
    }

    private static string Describe(IEnumerable<string> texts) => $"[{string.Join(" | ", texts)}]";

    private async Task<string[]> TextsAsync(string selector) => await TextsAsync(await SingleAsync("html"), selector);

    private static Task<string[]> TextsAsync(IElementHandle root, string selector) => root.EvaluateFunctionAsync<string[]>(
        $"(root, selector) => [...root.querySelectorAll(selector)].map({SeenText})", selector);

    private Task<IElementHandle> SingleAsync(string selector) =>
        SingleAsync(async () => await _page.QuerySelectorAllAsync(selector), selector);

    private static async Task<IElementHandle> SingleAsync(Func<Task<IReadOnlyList<IElementHandle>>> find, string what)
    {
        IReadOnlyList<IElementHandle> found = [];
        await ExpectAsync(async () => (found = await find()).Count == 1, () => $"{what}, once; it is there {found.Count} times");
        return found[0];
    }
}
