using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PuppeteerSharp;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>The report of a training run, in headless Chromium.</summary>
[TestClass]
public sealed partial class ReportPageTests
{
    private const string ClassRows =
        "() => [...document.querySelectorAll('table')].find(table => /precision/.test(table.rows[0].textContent)).innerText.trim()";

    /// <summary>What is drawn, and not only its background.</summary>
    private const string IsDrawn =
        """
        id => {
          const canvas = document.querySelector(`#${id} canvas`);
          const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
          return new Set(pixels).size > 10;
        }
        """;

    /// <summary>The classes of the matrix from top to bottom, once an order is chosen.</summary>
    private const string Order =
        """
        order => {
          const select = document.querySelector('#order');
          select.value = order;
          select.dispatchEvent(new Event('change'));
          return echarts.getInstanceByDom(document.querySelector('#matrix')).getOption().yAxis[0].data;
        }
        """;

    private static readonly (int Column, string Name)[] _columns =
        [(1, "support"), (2, "predicted"), (3, "precision"), (4, "recall"), (5, "f1")];

    private static ConformerProgram _program = null!;
    private static IBrowser? _browser;

    private readonly ConcurrentQueue<string> _faults = [];
    private IPage? _page;

    [ClassInitialize]
    public static async Task Train(TestContext _)
    {
        _program = new ConformerProgram();
        _browser = await Chromium.StartAsync();
        if (_browser is null)
            return;
        var (code, _, errors) = _program.Run(
            "train", "photos", "--image-size", "32", "--batch-size", "2", "--epochs", "2", "--threads", "1", "--output", "run");
        Assert.AreEqual(0, code, string.Join('\n', errors));
    }

    [ClassCleanup]
    public static async Task Stop()
    {
        if (_browser is not null)
            await _browser.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        _program.Dispose();
    }

    [TestCleanup]
    public async Task ClosePage()
    {
        if (_page is not null)
            await _page.CloseAsync();
    }

    [TestMethod]
    public async Task TheReportLoadsNothingAndDrawsItsCharts()
    {
        await OpenAsync("report.html");

        Assert.IsTrue(await _page!.EvaluateFunctionAsync<bool>(IsDrawn, "curves"));
        Assert.IsTrue(await _page.EvaluateFunctionAsync<bool>(IsDrawn, "matrix"));
        var curve = await _page.EvaluateExpressionAsync<double?[][]>(
            "echarts.getInstanceByDom(document.querySelector('#curves')).getOption().series[0].data");
        CollectionAssert.AreEqual(
            File.ReadLines(_program.File("run/history.csv")).Skip(1)
                .Select(line => double.Parse(line.Split(',')[0], CultureInfo.InvariantCulture)).ToArray(),
            curve.Select(point => point[0]!.Value).ToArray());
        Assert.IsTrue(await _page.EvaluateExpressionAsync<bool>(
            "document.images.length > 0 && [...document.images].every(image => image.naturalWidth > 0)"));
        Assert.IsEmpty(_faults, string.Join('\n', _faults));
    }

    [TestMethod]
    public async Task ItsTableHasTheFiguresOfTheEvaluation()
    {
        await OpenAsync("report.html");
        using var evaluation = JsonDocument.Parse(File.ReadAllText(_program.File("run/evaluation.json")));
        var classes = evaluation.RootElement.GetProperty("branches")[0].GetProperty("metrics").GetProperty("classes").EnumerateArray()
            .ToDictionary(one => one.GetProperty("name").GetString()!.Replace("\u202E", @"\u202E", StringComparison.Ordinal));

        var rows = (await _page!.EvaluateFunctionAsync<string>(ClassRows)).Split('\n')[1..].Select(row => row.Split('\t')).ToList();

        Assert.HasCount(ConformerProgram.Classes.Length, rows);
        foreach (var row in rows)
        {
            var figures = classes[row[0]];
            foreach (var (column, name) in _columns)
                Assert.AreEqual(
                    figures.GetProperty(name).ValueKind == JsonValueKind.Null ? double.NaN : figures.GetProperty(name).GetDouble(),
                    row[column] == "-" ? double.NaN : double.Parse(row[column], CultureInfo.InvariantCulture), 0.0006, $"{row[0]}: {name}");
        }
    }

    /// <summary>The same page about other figures, whose orders are known.</summary>
    [TestMethod]
    public async Task TheMatrixIsSortedAsChosen()
    {
        var classes = ((string, double)[])[("a", 0.5), ("c", 0.25), ("b", 0.75), ("d", 1)];
        int[][] confusions = [[0, 0, 2], [0, 3, 2], [1, 1, 1], [1, 2, 3], [2, 2, 3], [2, 1, 1], [3, 3, 4]];
        var data = JsonSerializer.Serialize(new
        {
            epochs = (double[][])[[1, 0.5, 0.6, 0.7, 0.001]],
            bestEpoch = 1,
            classes = classes.Select(one => new { name = one.Item1, support = 4, recall = one.Item2 }),
            confusions,
        });
        File.WriteAllText(_program.File("run/other.html"), DataElement().Replace(
            File.ReadAllText(_program.File("run/report.html")), match => match.Groups[1].Value + data + match.Groups[2].Value, 1));
        await OpenAsync("other.html");

        Assert.AreEqual("a b c d", await OrderAsync("name"));
        Assert.AreEqual("c a b d", await OrderAsync("recall"));
        Assert.AreEqual("a d c b", await OrderAsync("likeness"));
        Assert.IsEmpty(_faults, string.Join('\n', _faults));

        async Task<string> OrderAsync(string order) => string.Join(' ', await _page!.EvaluateFunctionAsync<string[]>(Order, order));
    }

    private async Task OpenAsync(string name)
    {
        var address = new Uri(_program.File("run/report.html")).AbsoluteUri.Replace("report.html", name, StringComparison.Ordinal);
        _page = await Chromium.NewPageAsync(_browser, _faults, address);
        await _page.GoToAsync(address);
    }

    [GeneratedRegex("(<script id=\"data\" type=\"application/json\">).*?(</script>)", RegexOptions.Singleline)]
    private static partial Regex DataElement();
}
