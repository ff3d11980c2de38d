using System.Collections.Concurrent;
using Microsoft.ML.Conformer.Data.Folders;
using Microsoft.ML.Conformer.Tests.Data.Checking;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Explain;
using Microsoft.ML.Conformer.Tests.Scoring;
using PuppeteerSharp;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>The page that `conformer export` writes, in headless Chromium.</summary>
[TestClass]
public sealed class ModelPageTests
{
    private const string Rows =
        "() => [...document.querySelectorAll('#classes li')].map(row => [row.querySelector('.class').textContent, " +
        "row.querySelector('.percent').textContent, row.querySelector('.fill').style.width])";

    private static readonly string[] _arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    /// <summary>As the page shows them.</summary>
    private static readonly string[] _classes = [ConformerProgram.Classes[0], ConformerProgram.Classes[1], @"a\u202Ebc"];

    private static readonly MLContext _context = new(seed: 1);

    private static ConformerProgram _program = null!;
    private static IBrowser? _browser;
    private static ImageClassifierTransformer _model = null!;
    private static FolderServer _server = null!;

    private readonly ConcurrentQueue<string> _faults = [];
    private IPage? _page;

    [ClassInitialize]
    public static async Task Start(TestContext _)
    {
        _program = new ConformerProgram();
        var chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        if (chromium is null)
            return;
        _model = _context.Model.LoadImageClassifier(_program.Model, imageColumnName: nameof(ImageFile.ImagePath));
        Export("page");
        _server = new FolderServer(_program.File("page"));
        _browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = chromium,
            Args = _arguments,
            Headless = true,
            Timeout = Patience.Milliseconds,
            ProtocolTimeout = Patience.Milliseconds,
        });
    }

    [ClassCleanup]
    public static async Task Stop()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
            _server.Dispose();
            _model.Dispose();
        }
        _program.Dispose();
    }

    [TestCleanup]
    public async Task ClosePage()
    {
        if (_page is not null)
            await _page.CloseAsync();
    }

    [TestMethod]
    [DataRow(".png", 1e-5)]
    [DataRow(".bmp", 1e-5)]
    [DataRow(".webp", 1e-5)]
    [DataRow(".jpg", 0.02)] // other browsers, and other versions, may round otherwise in decoding
    public async Task APhotoGetsTheScoresOfTheLibrary(string extension, double tolerance)
    {
        var photo = PhotoFolder.Photo(7, width: 301, height: 190);
        var path = Write($"photo{extension}", ImageFileBytes.Encode(photo.Width, photo.Height, photo.Pixels, extension));
        await OpenAsync(_server);

        await ChooseAsync(path);

        await AssertScoresAsync(path, tolerance);
        AssertNoFaults();
    }

    [TestMethod]
    [DataRow(3)]
    [DataRow(6)]
    public async Task APhotoIsTurnedUprightAsItsExifSays(int orientation)
    {
        var photo = PhotoFolder.Photo(8, width: 210, height: 120);
        var (width, height, pixels) = OrientedImage.Stored(photo.Width, photo.Height, photo.Pixels, orientation);
        var stored = ImageFileBytes.Encode(width, height, pixels, ".jpg");
        var lying = Write($"lying{orientation}.jpg", stored);
        var path = Write($"turned{orientation}.jpg", WithExif(stored, orientation));
        Assert.IsTrue(Distance(Scores(lying), Scores(path)) > 0.001, "the photo must look otherwise when it lies");
        await OpenAsync(_server);

        await ChooseAsync(path);

        await AssertScoresAsync(path, 1e-4);
        Assert.AreEqual(
            210, await _page!.EvaluateFunctionAsync<int>("() => document.querySelector('#photo').decode().then(() => photo.naturalWidth)"));
    }

    [TestMethod]
    public async Task ADroppedOrPastedPhotoIsClassifiedToo()
    {
        var (dropped, pasted) = (_program.WritePhoto("dropped.png", 31), _program.WritePhoto("pasted.png", 32));
        await OpenAsync(_server);

        await SendAsync(dropped, "drop", "dataTransfer");
        await AssertScoresAsync(dropped, 1e-5);
        await SendAsync(pasted, "paste", "clipboardData");
        await AssertScoresAsync(pasted, 1e-5);

        AssertNoFaults();
    }

    [TestMethod]
    public async Task ADamagedFileIsSaidSoAndTheNextPhotoIsClassified()
    {
        var damaged = _program.Write("dam\u202Eaged.jpg", "This is no image, but has more bytes than an image's header.");
        var photo = _program.WritePhoto("next.png", 33);
        await OpenAsync(_server);

        await SendAsync(damaged, "drop", "dataTransfer"); // a chosen one would lose its name where the locale is ASCII

        await UntilAsync("() => !document.querySelector('#error').hidden");
        Assert.AreEqual("It cannot be read as an image. Take a JPEG, PNG, WebP, GIF or BMP file.", await TextAsync("#error"));
        Assert.AreEqual(await TextAsync("#error"), await TextAsync("#status"), "for screen readers");
        Assert.AreEqual(@"dam\u{202E}aged.jpg", await TextAsync("#name"));
        await ChooseAsync(photo);
        await AssertScoresAsync(photo, 1e-5);
    }

    [TestMethod]
    public async Task WhereNoClassIsProbableItIsNoneOfThese()
    {
        var photo = _program.WritePhoto("none.png", 34);
        Export("strict", "--threshold", "0.999");
        using var server = new FolderServer(_program.File("strict"));
        await OpenAsync(server);

        await ChooseAsync(photo);

        await AssertScoresAsync(photo, 1e-5);
        Assert.AreEqual("None of these", await TextAsync("#best"));
        StringAssert.StartsWith(await TextAsync("#status"), "None of these: ");
    }

    /// <summary>Neither the page nor the worker that sees the photo reaches another server, though that would answer.</summary>
    [TestMethod]
    public async Task NothingLeavesTheBrowser()
    {
        using var other = new FolderServer(_program.File("page"));
        await OpenAsync(_server);
        var ask = $"fetch('{other.Origin}model.json').then(() => 'sent', () => 'refused')";

        Assert.AreEqual("refused", await _page!.EvaluateExpressionAsync<string>(ask));
        Assert.AreEqual("refused", await _page.Workers.Single().EvaluateExpressionAsync<string>(ask));

        Assert.IsEmpty(other.Asked);
        CollectionAssert.IsSubsetOf(
            _server.Asked.Distinct().ToArray(),
            (string[])
            [
                "/", "/page.css", "/page.js", "/classifier.js", "/onnxruntime/ort.wasm.bundle.min.js",
                "/onnxruntime/ort-wasm-simd-threaded.wasm", "/model.json", "/model.onnx",
            ]);
    }

    [TestMethod]
    public async Task AMissingOrAnotherModelIsSaidSo()
    {
        Export("broken");
        File.WriteAllBytes(_program.File("broken/model.onnx"), File.ReadAllBytes(_program.Model));
        using var server = new FolderServer(_program.File("broken"));

        await OpenAsync(server, "model.json");
        File.Delete(_program.File("broken/model.onnx"));
        await ClosePage();
        await OpenAsync(server, "404");
    }

    /// <summary>A browser loads no modules from a disk: then the page says what to do.</summary>
    [TestMethod]
    public async Task OpenedAsAFileThePageAsksForAServer()
    {
        await NewPageAsync();

        await _page!.GoToAsync(new Uri(_program.File("page/index.html")).AbsoluteUri);

        await UntilAsync("() => getComputedStyle(document.querySelector('#unserved')).visibility === 'visible'");
        StringAssert.Contains(await TextAsync("#unserved"), "python3 -m http.server");
    }

    private static void Export(string folder, params string[] arguments)
    {
        var (code, _, errors) = _program.Run(["export", _program.Model, "--page", folder, .. arguments]);
        Assert.AreEqual(0, code, string.Join('\n', errors));
    }

    private static string Write(string name, byte[] content)
    {
        File.WriteAllBytes(_program.File(name), content);
        return _program.File(name);
    }

    /// <summary>A JPEG with an EXIF segment behind its first two bytes.</summary>
    private static byte[] WithExif(byte[] jpeg, int orientation)
    {
        byte[] exif = [.. "Exif\0\0"u8, .. OrientedImage.Exif(orientation, isLittle: true)];
        return [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    private static float[] Scores(string path) => ScoringModel.Scores(
        _model.Transform(_context.Data.LoadFromEnumerable([new ImageFile { ImagePath = path }]))).Single();

    private static double Distance(float[] one, float[] other) => one.Zip(other, (x, y) => Math.Abs(x - y)).Max();

    private async Task NewPageAsync()
    {
        if (_browser is null)
            Assert.Inconclusive("Chromium is not installed.");
        _page = await _browser.NewPageAsync();
        _page.DefaultTimeout = Patience.Milliseconds;
    }

    /// <summary>Opens the page and waits for its model, or for what it says of why there is none.</summary>
    private async Task OpenAsync(FolderServer server, string? fault = null)
    {
        await NewPageAsync();
        _page!.Request += (_, e) =>
        {
            if (!e.Request.Url.StartsWith(server.Origin, StringComparison.Ordinal)
                && new Uri(e.Request.Url).Scheme is not ("data" or "blob"))
                _faults.Enqueue($"asks for {e.Request.Url}");
        };
        _page.Console += (_, e) =>
        {
            if (e.Message.Type is ConsoleType.Error or ConsoleType.Warning)
                _faults.Enqueue(e.Message.Text);
        };
        _page.PageError += (_, e) => _faults.Enqueue(e.Message);
        await _page.GoToAsync(server.Origin);
        await UntilAsync("() => document.querySelector('#model').textContent !== ''");
        StringAssert.Contains(await TextAsync("#model"), fault ?? "3 classes, recognized in this browser at 64 × 64 pixels.");
    }

    private async Task ChooseAsync(string path)
    {
        var input = await _page!.QuerySelectorAsync("#file");
        await input.UploadFileAsync(path);
    }

    /// <summary>Lets the page get an event with a file.</summary>
    private Task SendAsync(string path, string type, string property) => _page!.EvaluateFunctionAsync(
        """
        (name, base64, type, property) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], name));
          const event = new Event(type, { bubbles: true, cancelable: true });
          event[property] = transfer;
          document.body.dispatchEvent(event);
        }
        """, Path.GetFileName(path), Convert.ToBase64String(File.ReadAllBytes(path)), type, property);

    /// <summary>Waits for the answer, which must be the library's: all classes in order, with their probabilities.</summary>
    private async Task AssertScoresAsync(string path, double tolerance)
    {
        await UntilAsync(
            "name => document.querySelector('#name').textContent === name && document.querySelector('#time').textContent !== ''",
            Path.GetFileName(path));
        var rows = await _page!.EvaluateFunctionAsync<string[][]>(Rows);
        var expected = Scores(path);
        Assert.HasCount(expected.Length, rows);
        foreach (var row in rows)
        {
            var score = expected[Array.IndexOf(_classes, row[0])];
            var shown = double.Parse(row[2].TrimEnd('%'), System.Globalization.CultureInfo.InvariantCulture) / 100;
            Assert.AreEqual(score, shown, tolerance, row[0]);
            Assert.AreEqual(FormattableString.Invariant($"{100 * shown:0.0} %"), row[1]);
        }
        CollectionAssert.AreEqual(rows.OrderByDescending(row => double.Parse(row[1][..^2])).ToArray(), rows);
    }

    private Task<string> TextAsync(string selector) => _page!.EvaluateFunctionAsync<string>(
        "selector => document.querySelector(selector).textContent.trim()", selector);

    private Task UntilAsync(string function, params object[] arguments) =>
        _page!.WaitForFunctionAsync(function, new WaitForFunctionOptions { Timeout = Patience.Milliseconds }, arguments);

    private void AssertNoFaults() => Assert.IsEmpty(_faults, string.Join('\n', _faults));
}
