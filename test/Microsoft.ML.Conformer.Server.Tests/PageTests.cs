using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Tests.Cli;
using PuppeteerSharp;

namespace Conformer.Server.Tests;

/// <summary>The page in headless Chromium.</summary>
[TestClass]
public sealed class PageTests
{
    private static IBrowser? _browser;
    private static TestServer? _server, _detecting;

    private readonly TemporaryFolder _folder = new();
    private readonly List<BrowserPage> _pages = [];

    [ClassInitialize]
    public static async Task Start(TestContext _)
    {
        _browser = await Chromium.StartAsync();
        if (_browser is null)
            return;
        _server = await TestServer.StartAsync(limits: new Limits { MaxImageBytes = 200_000, MaxRequestBytes = 104_096 });
        _detecting = await TestServer.StartAsync(TinyDetector.Open());
    }

    [ClassCleanup]
    public static async Task Stop()
    {
        if (_browser is not null)
            await _browser.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        foreach (var server in new[] { _server, _detecting })
            if (server is not null)
                await server.DisposeAsync();
    }

    [TestCleanup]
    public async Task ClosePages()
    {
        foreach (var page in _pages)
            await page.CloseAsync();
        _folder.Dispose();
    }

    [TestMethod]
    public async Task ANameThatWouldTurnTextAroundIsShownWithEscapesAndALongOneIsCut()
    {
        var page = await OpenAsync();

        // Chosen from a disk, the first name would be lost where the locale's encoding is ASCII.
        await page.DragAsync("#drop", "drop", await FilesAsync(page, ["a\u202Egpj.png", new string('w', 200) + ".png"], ["red", "red"]));

        await page.ExpectTextsAsync("#results h2", @"a\u{202E}gpj.png", new string('w', 159) + "…");

        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task AChosenImageShowsItsClassesWithTheirProbabilitiesAsBars()
    {
        var page = await OpenAsync();
        var red = ColoredImages.Encode("red");

        await page.ChooseAsync("Choose images", Write("rose.png", red));

        var card = await page.ItemHeadedAsync("rose.png");
        var probability = TinyModel.ScoreAlone([red]).Single().Max();
        var percent = FormattableString.Invariant($"{100 * probability:0.0} %");
        await BrowserPage.ExpectTextsAsync(card, ".predictions li:first-child .class", "red");
        await BrowserPage.ExpectTextsAsync(card, ".predictions li:first-child .percent", percent);
        Assert.HasCount(3, await card.QuerySelectorAllAsync(".predictions li"));
        await BrowserPage.ExpectTextAsync(await page.WithRoleAsync("status"), $"rose.png: red, {percent}.");
        var bar = await card.QuerySelectorAsync(".predictions li:first-child .fill");
        Assert.AreEqual(100 * (double)probability, await bar.EvaluateFunctionAsync<double>("bar => parseFloat(bar.style.width)"), 1e-3);
        var image = await card.QuerySelectorAsync("img");
        Assert.AreEqual(32, await image.EvaluateFunctionAsync<int>("image => image.decode().then(() => image.naturalWidth)"));
        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task AsManyClassesAreShownAsAreChosen()
    {
        var page = await OpenAsync();
        await page.ChooseAsync("Choose images", Write("a.png", ColoredImages.Encode("red")), Write("b.png", ColoredImages.Encode("blue")));
        await page.ExpectCountAsync(".predictions li:not([hidden])", 6);
        await page.ClickAsync(".card:first-child .predictions li:last-child button");
        await page.ExpectCountAsync(".maps figure", 3);

        await page.SelectAsync("Classes shown", "1");

        await page.ExpectTextsAsync(".predictions li:not([hidden]) .class", "red", "blue");
        await page.ExpectCountAsync(".maps figure", 0); // of a class that is shown no more
        await page.SelectAsync("Classes shown", "10");
        await page.ExpectCountAsync(".predictions li:not([hidden])", 6);
        await page.ExpectCountAsync(".none:not([hidden])", 0);
        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task BelowTheThresholdAnImageIsSaidToBeNoneOfTheClasses()
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed (Debian's package chromium).");
        await using var server = await TestServer.StartAsync(with: settings => settings with { Threshold = 1 });
        var page = await BrowserPage.OpenAsync(_browser, server.Client.BaseAddress!);
        _pages.Add(page);

        await page.ChooseAsync("Choose images", Write("rose.png", ColoredImages.Encode("red")));

        await page.ExpectTextsAsync(".none", "None of these (below 100.0 %)");
        await page.ExpectVisibleAsync(".none");
        await page.ExpectCountAsync(".predictions li", 3);
        await page.ExpectTextAsync(
            "#status", text => text.StartsWith("rose.png: none of these; the closest is red, ", StringComparison.Ordinal), "the result");
        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task DroppedImagesAreClassifiedAndTheDropAreaShowsThatTheyAreOverThePage()
    {
        var page = await OpenAsync();
        var transfer = await FilesAsync(page, ["0.png", "1.png", "2.png"], ColoredImages.Colors);

        await page.DragAsync("#drop", "dragenter", transfer);
        await page.ExpectClassAsync("#drop", "over");
        await page.DragAsync("#drop", "drop", transfer);

        await page.ExpectClassAsync("#drop", "over", expected: false);
        await page.ExpectTextsAsync(".predictions li:first-child .class", ColoredImages.Colors);
        await page.ExpectTextsAsync("#count", "3 images");
        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task AClickOnAClassShowsWhereTheNetworkSeesItAndAnotherHidesIt()
    {
        var page = await OpenAsync();
        await page.ChooseAsync("Choose images", Write("rose.png", ColoredImages.Encode("red", width: 60, height: 50)));
        await page.ExpectCountAsync(".predictions button", 3);

        await page.ClickAsync(".predictions li:first-child button");

        await page.ExpectTextsAsync(".explanation .caption", "Where the network sees red: most at red, least at blue.");
        await page.ExpectTextsAsync(
            ".maps figcaption", "Convolution branch", "Both branches", "Transformer branch, any class");
        Assert.AreEqual("256 256 256", await MapsAsync("image.decode().then(() => image.naturalWidth)"));
        StringAssert.StartsWith(await MapsAsync("image.alt"), "Convolution branch: heat map of red over rose.png Both branches: ");
        Assert.AreEqual(
            "true false false", await page.EvaluateAsync<string>(
                "() => [...document.querySelectorAll('.predictions button')].map(button => button.ariaExpanded).join(' ')"));

        await page.ClickAsync(".predictions li:last-child button");
        var other = await page.EvaluateAsync<string>("() => document.querySelector('.predictions li:last-child .class').textContent");
        await page.ExpectTextsAsync(".explanation .caption", $"Where the network sees {other}: most at red, least at blue.");
        StringAssert.StartsWith(await MapsAsync("image.alt"), $"Convolution branch: heat map of {other} over rose.png ");

        await page.ClickAsync(".predictions li:last-child button");
        await page.ExpectCountAsync(".maps figure", 0);
        await page.ExpectCountAsync(".explanation[hidden]", 1);
        AssertNoFaults(page);

        Task<string> MapsAsync(string value) => page.EvaluateAsync<string>(
            $"async () => (await Promise.all([...document.querySelectorAll('.maps img')].map(image => {value}))).join(' ')");
    }

    [TestMethod]
    public async Task AModelWithoutExplanationsSaysSoBelowItsPredictions()
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed (Debian's package chromium).");
        await using var server = await TestServer.StartAsync(TinyModel.OpenFloat16());
        var page = await BrowserPage.OpenAsync(_browser, server.Client.BaseAddress!);
        _pages.Add(page);
        await page.ChooseAsync("Choose images", Write("rose.png", ColoredImages.Encode("red")));
        await page.ExpectCountAsync(".predictions button", 3);

        await page.ClickAsync(".predictions li:first-child button");

        await page.ExpectTextAsync(
            ".explanation .caption.error", text => text.StartsWith("This model has no explanations.", StringComparison.Ordinal),
            "the reason");
        await page.ExpectCountAsync(".maps figure", 0);
        await page.ExpectVisibleAsync(".predictions");
        await page.ExpectCountAsync(".card.failed", 0);
    }

    [TestMethod]
    public async Task ADetectorsObjectsAreBoxesOnThePhotoAndAListBesideIt()
    {
        var (page, objects) = await FindObjectsAsync("street.png");

        Assert.AreEqual("Find objects in images", await page.EvaluateAsync<string>("() => document.title"));
        await page.ExpectTextsAsync("#task", "Find objects in images");
        var card = await page.ItemHeadedAsync("street.png");
        var percents = objects.Select(one => Percent(one.GetProperty("score").GetSingle())).ToArray();
        await BrowserPage.ExpectTextsAsync(
            card, ".objects li:not([hidden]) .class", [.. objects.Select(one => one.GetProperty("class").GetString()!)]);
        await BrowserPage.ExpectTextsAsync(card, ".objects li:not([hidden]) .percent", percents);
        var first = objects[0].GetProperty("box").EnumerateArray().Select(side => side.GetDouble()).ToArray();
        await page.ExpectTextsAsync(
            ".objects li:first-child .place", FormattableString.Invariant($"x {first[0]:0}–{first[2]:0}, y {first[1]:0}–{first[3]:0}"));
        var announcement = $"street.png: {objects.Count} objects: {objects[0].GetProperty("class").GetString()} {percents[0]}";
        await page.ExpectTextAsync("#status", text => text.StartsWith(announcement, StringComparison.Ordinal), "the objects");
        await page.ExpectCountAsync(".box:not([hidden])", objects.Count);
        var place = await page.EvaluateAsync<double[]>(
            """
            () => {
              const [box, frame] = [".box:last-child", ".thumbnail"].map(name => document.querySelector(name).getBoundingClientRect());
              return [(box.x - frame.x) / frame.width, (box.y - frame.y) / frame.height,
                (box.right - frame.x) / frame.width, (box.bottom - frame.y) / frame.height];
            }
            """);
        foreach (var (side, (expected, actual)) in first.Zip(place).Index())
            Assert.AreEqual(expected / (side % 2 == 0 ? 90 : 60), actual, 0.01, $"side {side}");
        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task AMaskIsPaintedWhereTheServerSaysThatItIs()
    {
        var (page, objects) = await FindObjectsAsync("street.png");

        var painted = await page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll('.box canvas')].reverse().map(canvas => {
              const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
              const pixels = Array.from({ length: canvas.width * canvas.height }, (_, i) => data[4 * i + 3] > 0 ? '1' : '0');
              return `${canvas.width} ${canvas.height} ${pixels.join('')}`;
            })
            """);

        Assert.HasCount(objects.Count, painted.Take(objects.Count).ToList());
        foreach (var (one, actual) in objects.Zip(painted))
            Assert.AreEqual(Painted(one), actual);
        Assert.IsTrue(painted.Any(pixels => pixels.EndsWith('1') || pixels.Contains("01", StringComparison.Ordinal)));

        // A mask within its box, as many pixels as the box has.
        static string Painted(JsonElement one)
        {
            var box = one.GetProperty("box").EnumerateArray().Select(side => side.GetDouble()).ToArray();
            var mask = RunLengthMask.Parse(one.GetProperty("mask").GetProperty("counts").GetString()!, 60, 90).ToBitmap();
            var (width, height) = (Side(box[2] - box[0]), Side(box[3] - box[1]));
            int Place(double start, double end, int count, int index, int most) =>
                Math.Min(most - 1, (int)Math.Floor(start + (index + 0.5) * (end - start) / count));
            var pixels = Enumerable.Range(0, width * height).Select(i =>
                mask[Place(box[1], box[3], height, i / width, 60) * 90 + Place(box[0], box[2], width, i % width, 90)] ? '1' : '0');
            return $"{width} {height} {string.Concat(pixels)}";
        }

        static int Side(double length) => Math.Max(1, (int)Math.Floor(length + 0.5));
    }

    [TestMethod]
    public async Task AnObjectIsSeenAloneByKeyboardAndFromTheScoreThatIsChosen()
    {
        var (page, objects) = await FindObjectsAsync("street.png");
        var all = objects.Count;
        await page.RunAsync("() => document.querySelector('#clear').focus()");
        await page.PressAsync("Tab"); // removes the image
        await page.PressAsync("Tab");
        await page.PressAsync("Enter");

        await page.ExpectCountAsync(".objects li:first-child button[aria-pressed=true]", 1);
        await page.ExpectCountAsync(".box.other", await page.EvaluateAsync<int>("() => document.querySelectorAll('.box').length - 1"));
        await page.PressAsync("Enter");
        await page.ExpectCountAsync(".box.other", 0);

        await page.SelectAsync("Objects shown from", "0.9");
        var sure = objects.Count(one => one.GetProperty("score").GetSingle() >= 0.9);
        Assert.AreNotEqual(all, sure);
        await page.ExpectCountAsync(".box:not([hidden])", sure);
        await page.ExpectCountAsync(".objects li:not([hidden])", sure);
        await page.ExpectCountAsync(".none:not([hidden])", sure == 0 ? 1 : 0);
        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task TheServersThresholdIsAmongTheScoresAndWhereNothingIsFoundThePageSaysSo()
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed (Debian's package chromium).");
        await using var server = await TestServer.StartAsync(TinyDetector.Open(), with: settings => settings with { Threshold = 0.995f });
        var page = await BrowserPage.OpenAsync(_browser, server.Client.BaseAddress!);
        _pages.Add(page);

        await page.ChooseAsync("Choose images", Write("street.png", ColoredImages.Encode("red", width: 90, height: 60)));

        await page.ExpectTextsAsync(".none:not([hidden])", "No objects from 99.5 % on");
        await page.ExpectTextsAsync("#status", "street.png: no objects.");
        await page.ExpectCountAsync(".objects[hidden]", 1);
    }

    [TestMethod]
    public async Task WhereADetectorHasTakenAClassifiersPlaceTheFirstImageHasAllItsObjects()
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed (Debian's package chromium).");
        var served = _folder.File("served.onnx");
        File.Copy(TinyModel.Path, served);
        await using var server = await TestServer.StartAsync(
            with: settings => settings with { ModelPath = served, ReloadInterval = TimeSpan.FromMilliseconds(20) });
        var page = await BrowserPage.OpenAsync(_browser, server.Client.BaseAddress!);
        _pages.Add(page);
        await page.ExpectTextsAsync("#task", "Classify images");
        await page.ExpectTextAsync("#model", text => text.StartsWith("3 classes", StringComparison.Ordinal), "the classifier's classes");
        File.Copy(TinyDetector.Path, _folder.File("next.onnx"));
        File.Move(_folder.File("next.onnx"), served, overwrite: true);
        await Patience.UntilAsync(
            () => server.Log.Any(line => line.EndsWith("has taken over", StringComparison.Ordinal)), "it takes over");
        var photo = ColoredImages.Encode("red", seed: 5, width: 90, height: 60);

        await page.ChooseAsync("Choose images", Write("street.png", photo));

        await page.ExpectVisibleAsync(".objects");
        var all = await CountAsync("?threshold=0.1");
        Assert.AreNotEqual(all, await CountAsync("?top=10"), "what a classifier is asked would leave some out");
        await page.ExpectCountAsync(".objects li", all);
        AssertNoFaults(page);

        async Task<int> CountAsync(string query) => (await TestServer.ReadAsync(await server.PredictAsync(photo, query)))
            .GetProperty("images")[0].GetProperty("objects").GetArrayLength();
    }

    [TestMethod]
    public async Task ATextFileAndTooLargeAFileShowTheirErrorsAndTheImageBesideThemItsClasses()
    {
        var page = await OpenAsync();

        await page.ChooseAsync(
            "Choose images",
            Write("notes.txt", "no image"u8.ToArray()),
            Write("green.png", ColoredImages.Encode("green")),
            Write("large.png", new byte[100_001]));

        await page.ExpectTextsAsync(".card:nth-child(1) .error", "It is text, not a JPEG, PNG, WebP, GIF or BMP image.");
        await page.ExpectTextsAsync(".card:nth-child(2) .predictions li:first-child .class", "green");
        await page.ExpectTextAsync(
            ".card:nth-child(3) .error", text => text.Contains("at most 0.1 MB", StringComparison.Ordinal), "the limit");
        await page.ExpectCountAsync("[aria-busy]", 0);
        // Chromium itself logs answers of 4xx.
        Assert.IsTrue(page.Faults.All(fault => fault.Contains("422", StringComparison.Ordinal)), string.Join("; ", page.Faults));
    }

    [TestMethod]
    public async Task AFileThatWasDeletedSinceCannotBeReadAndTheServerIsNotBlamed()
    {
        var path = Write("gone.png", ColoredImages.Encode("red"));
        var page = await OpenAsync();
        await page.RunAsync(
            "() => document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'before' }))");
        await page.ChooseBySelectorAsync("#before", path);
        File.Delete(path);

        var transfer = await page.EvaluateHandleAsync(
            """
            () => {
              const transfer = new DataTransfer();
              transfer.items.add(document.getElementById('before').files[0]);
              return transfer;
            }
            """);
        await page.DragAsync("#drop", "drop", transfer);

        await page.ExpectTextsAsync(".card .error", "The file cannot be read.");
    }

    [TestMethod]
    public async Task EverythingIsReachedByKeyboard()
    {
        var page = await OpenAsync();
        await page.ChooseAsync("Choose images", Write("a.png", ColoredImages.Encode("red")));
        await page.ExpectVisibleAsync(".predictions");
        await page.RunAsync("() => document.activeElement.blur()");

        await page.PressAsync("Tab");
        await page.ExpectFocusAsync(await page.LabeledAsync("Choose images"), "Choose images");
        await page.PressAsync("Tab");
        await page.ExpectFocusAsync(await page.LabeledAsync("Classes shown"), "Classes shown");
        await page.PressAsync("Tab");
        await page.ExpectFocusAsync(await page.WithRoleAsync("button", "Clear all"), "Clear all");
        await page.PressAsync("Tab");
        await page.ExpectFocusAsync(await page.WithRoleAsync("button", "Remove a.png"), "Remove a.png");
        await page.PressAsync("Enter");

        await page.ExpectCountAsync(".card", 0);
        await page.ExpectFocusAsync(await page.LabeledAsync("Choose images"), "Choose images");
        AssertNoFaults(page);
    }

    [TestMethod]
    public async Task IsDarkWhereTheSystemIsAndFitsAPhone()
    {
        var light = await OpenAsync();
        var dark = await OpenAsync("dark", width: 390, height: 800);

        Assert.AreNotEqual(await BackgroundAsync(light), await BackgroundAsync(dark));
        Assert.AreEqual(390, await dark.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));

        static Task<string> BackgroundAsync(BrowserPage page) =>
            page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
    }

    /// <summary>Images of one color each, as they are dragged into the page.</summary>
    private static Task<IJSHandle> FilesAsync(BrowserPage page, string[] names, IReadOnlyList<string> colors) => page.EvaluateHandleAsync(
        """
        (names, images) => {
          const transfer = new DataTransfer();
          images.forEach((base64, i) =>
            transfer.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], names[i], { type: 'image/png' })));
          return transfer;
        }
        """, names, colors.Select(color => Convert.ToBase64String(ColoredImages.Encode(color))).ToArray());

    private static string Percent(float probability) => FormattableString.Invariant($"{100 * probability:0.0} %");

    private static void AssertNoFaults(BrowserPage page) => Assert.IsEmpty(page.Faults, string.Join("; ", page.Faults));

    private async Task<BrowserPage> OpenAsync(string colorScheme = "light", int width = 1280, int height = 720)
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed (Debian's package chromium).");
        var page = await BrowserPage.OpenAsync(_browser, _server!.Client.BaseAddress!, colorScheme, width, height);
        _pages.Add(page);
        return page;
    }

    /// <summary>A page with a photo of 90 x 60 pixels and its objects, which the server gives too, from a score of 30 % on.</summary>
    private async Task<(BrowserPage Page, List<JsonElement> Objects)> FindObjectsAsync(string name)
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed (Debian's package chromium).");
        var page = await BrowserPage.OpenAsync(_browser, _detecting!.Client.BaseAddress!);
        _pages.Add(page);
        var photo = ColoredImages.Encode("red", seed: 5, width: 90, height: 60);
        await page.ChooseAsync("Choose images", Write(name, photo));
        await page.ExpectVisibleAsync(".objects");
        var answer = await TestServer.ReadAsync(await _detecting.PredictAsync(photo));
        return (page, [.. answer.GetProperty("images")[0].GetProperty("objects").EnumerateArray()]);
    }

    private string Write(string name, byte[] bytes)
    {
        var path = _folder.File(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
