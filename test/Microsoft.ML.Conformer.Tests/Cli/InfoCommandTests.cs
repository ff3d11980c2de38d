using System.Text.Json;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Explain;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer info` as it is called.</summary>
[TestClass]
public sealed class InfoCommandTests
{
    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _) => _program = new ConformerProgram();

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void AModelTellsItsNetworkItsImagesAndItsClasses()
    {
        var text = Lines("info", _program.Model);
        using var json = Json("info", _program.Model);

        Assert.AreEqual(_program.Model, Of(text, "file"));
        Assert.AreEqual("Conformer of no published variant", Of(text, "network"));
        Assert.AreEqual("64 x 64 pixels", Of(text, "images"));
        StringAssert.StartsWith(Of(text, "prepared"), "shorter side to 73 pixels (bicubic), center of 64 x 64;");
        Assert.AreEqual("float32", Of(text, "precision"));
        Assert.AreEqual("image: float32 [N, 3, 64, 64]", Of(text, "input"));
        Assert.AreEqual("Score: float32 [N, 3]", Of(text, "output"));
        Assert.AreEqual("conv_embedding [64], tran_embedding [24], c2, c3, c4, c5", Of(text, "features"));
        Assert.AreEqual("shows where it looks", Of(text, "explain"));
        Assert.AreEqual(@"3: 郁金香の花と葉をとても長い名前で, 🌻🌻 sunflower, a\u202Ebc", Of(text, "classes"));
        Assert.AreEqual("model", json.RootElement.GetProperty("kind").GetString());
        Assert.AreEqual(
            new NetworkSummary(ExplainedModel.Conformer, 64, 64).Parameters, json.RootElement.GetProperty("parameters").GetInt64());
        Assert.AreEqual(new FileInfo(_program.Model).Length, json.RootElement.GetProperty("bytes").GetInt64());
        CollectionAssert.AreEqual(
            ConformerProgram.Classes, json.RootElement.GetProperty("classes").EnumerateArray().Select(name => name.GetString()).ToArray());
    }

    [TestMethod]
    public void AFileIn16BitsTellsWhatItCannot()
    {
        var path = _program.WriteModel(
            "half.onnx", new() { Precision = OnnxPrecision.Float16, IncludePreprocessing = true, Temperature = 1.5 });

        var text = Lines("info", path);

        Assert.AreEqual("float16", Of(text, "precision"));
        Assert.AreEqual("1.5", Of(text, "temperature"));
        Assert.AreEqual("image: uint8 [N, height, width, 3]", Of(text, "input"));
        StringAssert.EndsWith(Of(text, "prepared"), "done by the graph");
        Assert.AreEqual("none: they need 32-bit floats", Of(text, "features"));
        Assert.AreEqual("shows nothing: it needs 32-bit floats", Of(text, "explain"));
    }

    [TestMethod]
    public void OfManyClassesTheFirstAreNamedAndAllWhereAskedFor()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(index => $"🌻 {index} {new string('花', 60)}")];
        using (var model = ExplainedModel.Create(new MLContext(), ExplainedModel.Conformer with { NumClasses = 1000 }, names))
            model.SaveAsOnnx(_program.File("many.onnx"));

        var few = Of(Lines("info", "many.onnx"), "classes");
        var all = Lines("info", "many.onnx", "--classes").SkipWhile(line => !line.StartsWith("classes", StringComparison.Ordinal));

        StringAssert.StartsWith(few, "1,000: 🌻 0 花");
        StringAssert.EndsWith(few, " and 995 others");
        CollectionAssert.AreEqual(names, Unwrapped(all, "🌻"));
    }

    [TestMethod]
    [DataRow(ConformerVariant.Tiny, "Conformer-Ti/16 (ConformerVariant.Tiny)")]
    [DataRow(ConformerVariant.SmallPatch32, "Conformer-S/32 (ConformerVariant.SmallPatch32)")]
    public void WeightsTellTheVariantThatTheyFit(ConformerVariant variant, string name)
    {
        var path = WriteWeights($"{variant}.pth", ConformerArchitecture.For(variant, 7).StateDict());

        var text = Lines("info", path);
        using var json = Json("info", path);

        Assert.AreEqual(name, Of(text, "network"));
        Assert.AreEqual("7", Of(text, "classes"));
        Assert.AreEqual($"set Variant to ConformerVariant.{variant}", Of(text, "to train"));
        Assert.IsTrue(json.RootElement.GetProperty("fits").GetBoolean());
        Assert.AreEqual(7, json.RootElement.GetProperty("classes").GetInt32());
        Assert.AreEqual(name, json.RootElement.GetProperty("variant").GetString());
    }

    [TestMethod]
    public void WeightsOfAConTNetWithoutHeadsTellTheirFlags()
    {
        var architecture = ConTNetArchitecture.For(ConTNetVariant.Small) with { AverageDown = true };
        var path = WriteWeights("contnet.pth", architecture.StateDict().Where(tensor => !architecture.IsHead(tensor.Name)));

        var text = Lines("info", path);

        Assert.AreEqual("ConT-S (ConTNetVariant.Small) with AverageDown", Of(text, "network"));
        Assert.AreEqual("none: it has no heads", Of(text, "classes"));
    }

    /// <summary>Some hundred faults are counted, and five of them told.</summary>
    [TestMethod]
    public void WeightsThatFitNoVariantTellWhatDoesNotFitTheNearest()
    {
        var network = ConformerArchitecture.For(ConformerVariant.Small).StateDict().ToList();
        network.RemoveRange(100, 2);
        network[10] = new NetworkTensor(network[10].Name, [1, 2, 3]);
        network.Add(new NetworkTensor($"wrong\u001b[31m{new string('x', 500)}", [1]));
        var path = WriteWeights("odd.pth", network);

        var text = Lines("info", path);
        using var json = Json("info", path);

        Assert.AreEqual("of no published variant; the nearest is Conformer-S/16 (ConformerVariant.Small)", Of(text, "network"));
        var counts = json.RootElement.GetProperty("faultCounts");
        Assert.AreEqual(
            "missing 2, shape 1, unexpected 1",
            string.Join(", ", counts.EnumerateObject().Select(kind => $"{kind.Name} {kind.Value}").Order(StringComparer.Ordinal)));
        StringAssert.StartsWith(Of(text, "does not fit"), "4 tensors: ");
        Assert.HasCount(4, json.RootElement.GetProperty("faults").EnumerateArray().ToList());
    }

    [TestMethod]
    public void WeightsOfAStrangeNetworkAreOfNone()
    {
        var path = _program.File("strange.pth");
        File.WriteAllBytes(path, TorchFile.StateDict([("layer1.0.conv1.weight", [64, 64, 3, 3]), ("fc.bias", [10])]));

        var text = Lines("info", path);

        Assert.AreEqual("of no network that this program knows", Of(text, "network"));
        Assert.AreEqual("2: 2 float32", Of(text, "tensors"));
        Assert.HasCount(5, text.Where(line => line.Contains(" is missing.", StringComparison.Ordinal)).ToList());
    }

    [TestMethod]
    [DataRow("absent", "MODEL: it is 'absent'. There is no such file, and the published names are conformer-tiny-p16")]
    [DataRow("text.txt", "MODEL: 'text.txt' is no image classifier")]
    [DataRow("photos", "It is a folder.")]
    [DataRow("cut.onnx", "MODEL: 'cut.onnx' is no image classifier")]
    [DataRow("cut.pth", "MODEL: 'cut.pth'")]
    public void WhatIsNoModelIsAnErrorOfOneLine(string name, string message)
    {
        _program.Write("text.txt", "This is no model, but has more bytes than a model's header.");
        File.WriteAllBytes(_program.File("cut.onnx"), File.ReadAllBytes(_program.Model)[..^5000]);
        File.WriteAllBytes(_program.File("cut.pth"), TorchFile.StateDict([("a", [4])])[..^30]);

        var (code, output, errors) = _program.Run("info", name);

        Assert.AreEqual(2, code, string.Join('\n', errors));
        Assert.IsEmpty(output);
        StringAssert.Contains(errors.Single(), message);
    }

    private static string WriteWeights(string name, IEnumerable<NetworkTensor> tensors)
    {
        File.WriteAllBytes(_program.File(name), TorchFile.Constant(tensors));
        return _program.File(name);
    }

    private static string[] Lines(params string[] arguments)
    {
        var (code, output, errors) = _program.Run(arguments);
        Assert.AreEqual(0, code, string.Join('\n', errors));
        Assert.IsEmpty(errors);
        TerminalText.AssertFits(output);
        return output;
    }

    private static JsonDocument Json(params IEnumerable<string> arguments)
    {
        var (code, output, errors) = _program.Run([.. arguments, "--json"]);
        Assert.AreEqual(0, code, string.Join('\n', errors));
        return JsonDocument.Parse(string.Join('\n', output));
    }

    /// <summary>What stands behind a name, which may take several lines.</summary>
    private static string Of(string[] lines, string name)
    {
        var from = Array.FindIndex(lines, line => line.StartsWith($"{name} ", StringComparison.Ordinal));
        Assert.AreNotEqual(-1, from, name);
        var text = lines[from][13..];
        foreach (var line in lines.Skip(from + 1).TakeWhile(line => line[0] == ' '))
            text += (text.EndsWith('/') || line.Length < 14 ? "" : " ") + line.Trim();
        return text;
    }

    /// <summary>Names that begin alike, put together again.</summary>
    private static string[] Unwrapped(IEnumerable<string> lines, string start)
    {
        List<string> names = [];
        foreach (var part in lines.Select(line => line[13..]))
            if (part.StartsWith(start, StringComparison.Ordinal))
                names.Add(part);
            else
                names[^1] += names[^1].EndsWith('花') ? part : $" {part}";
        return [.. names];
    }
}
