using System.Text.Json;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using static Microsoft.ML.Conformer.Tests.Models.Hostile.ForeignMessages;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>Sound files whose metadata were changed: what a file says of itself is text, and may be anything.</summary>
internal static class HostileEntries
{
    private const string Architecture = "conformer.architecture", Input = "conformer.input", Preprocessing = "conformer.preprocessing",
        Labels = "conformer.labels", LabelType = "conformer.labelType", Recipe = "conformer.recipe", Version = "conformer.version",
        Precision = "conformer.precision", Temperature = "conformer.temperature", CannotBeRead = "cannot be read",
        NotApart = "cannot be told apart", CannotBe = "cannot be";

    private static byte[] Sound => SoundModels.Of(SoundModels.Normalized);

    public static IEnumerable<HostileModel> All() => [.. Classes(), .. Sizes(), .. Texts()];

    private static IEnumerable<HostileModel> Classes() =>
    [
        Entry("labels-twice", NotApart, Labels, """["blue","red","red"]"""),
        Entry("labels-empty", NotApart, Labels, """["blue","","red"]"""),
        Entry("labels-nan", NotApart, Labels, """["1","NaN","2"]""", (LabelType, "Single")),
        Entry("labels-infinite", NotApart, Labels, """["1","1e999","2"]""", (LabelType, "Double")),
        Entry("labels-same-number", NotApart, Labels, """["1","01","2"]""", (LabelType, "Int32")),
        Entry("labels-half-pair", "", Labels, """["\ud800","b","c"]"""),
        Entry("labels-half-pair-last", "", Labels, """["a","b","c\udfff"]"""),
        Entry("labels-of-another-graph", "its operator", Labels, """["\u001b[2J\u001b]0;x\u0007","\u202egnp","a\r\nb"]"""),
        Named("labels-escapes", "\u001b[2J\u001b]0;x\u0007", "\u202egnp", "a\r\nb"),
        Named("labels-long", new string('\u0007', 100_000), "b", "c"),
        Named("labels-like-paths", "../../etc/passwd", "<script>", "CON"),
        Entry("labels-long-twice", NotApart, Labels, JsonSerializer.Serialize(Enumerable.Repeat(new string('\u0007', 100_000), 3))),
        Entry("labels-null", "is null", Labels, "null"),
        Entry("labels-half-million", "classes", Labels, "[" + string.Join(',', Enumerable.Range(0, 500_000).Select(i => $"\"{i}\"")) + "]"),
        Entry("label-type", "not known here", LabelType, "\u001b[31m" + new string('x', 100_000)),
        Entry("label-type-overflow", "no values of the type", Labels, """["1","2","9999999999"]""", (LabelType, "Int32")),
    ];

    private static IEnumerable<HostileModel> Sizes() =>
    [
        Replaced("deep-and-wide", "", Architecture, ("\"depth\":3", "\"depth\":1023"), ("\"embedDim\":24", "\"embedDim\":1048576")),
        Replaced("deep", "", Architecture, ("\"depth\":3", "\"depth\":2147483647")),
        Replaced("wide", "", Architecture, ("\"embedDim\":24", "\"embedDim\":2147483646")),
        Replaced("ratio", "", Architecture, ("\"channelRatio\":0.25", "\"channelRatio\":1e300")),
        Replaced("mlp", "", Architecture, ("\"mlpRatio\":2", "\"mlpRatio\":1e18")),
        Replaced("heads", "", Architecture, ("\"numHeads\":2", "\"numHeads\":2147483647")),
        Replaced("classes", "", Architecture, ("\"numClasses\":3", "\"numClasses\":2147483647")),
        Replaced("patch", "", Architecture, ("\"patchSize\":16", "\"patchSize\":1048576")),
        Replaced("bottlenecks", "", Architecture, ("\"bottlenecksPerBlock\":0", "\"bottlenecksPerBlock\":1000000000")),
        Entry("image-4096", "Take smaller images", Input, """{"kind":"NormalizedNchw","height":4096,"width":4096}"""),
        Entry("image-4097", "only square ones up to", Input, """{"kind":"NormalizedNchw","height":4097,"width":4097}"""),
        Entry("image-1e9", "only square ones up to", Input, """{"kind":"NormalizedNchw","height":1000000000,"width":1000000000}"""),
        Entry("image-kind", CannotBeRead, Input, """{"kind":"\u001b[31m","height":32,"width":32}"""),
        Entry("image-kind-99", "does not know", Input, """{"kind":99,"height":32,"width":32}"""),
        Replaced("crop-2", CannotBe, Preprocessing, ("\"cropFraction\":0.875", "\"cropFraction\":2")),
        Replaced("crop-negative", CannotBe, Preprocessing, ("\"cropFraction\":0.875", "\"cropFraction\":-1e-300")),
        Replaced("mean-text", CannotBeRead, Preprocessing, ("\"mean\":[0.485", "\"mean\":[\"NaN\"")),
        Replaced("mean-infinite", CannotBe, Preprocessing, ("\"mean\":[0.485", "\"mean\":[1e300")),
        Replaced("std-zero", CannotBe, Preprocessing, ("\"std\":[0.229", "\"std\":[0")),
        Replaced("filter", CannotBe, Preprocessing, ("\"bicubic\"", "\"\\u001b[31m" + new string('x', 100_000) + "\"")),
    ];

    private static IEnumerable<HostileModel> Texts() =>
    [
        Entry("precision", "does not know", Precision, "\u001b[31m" + new string('\u0007', 100_000)),
        Entry("precision-other", "", Precision, "Int8"),
        Entry("temperature", "is no temperature", Temperature, "\u001b[31m" + new string('\u0007', 100_000)),
        Entry("temperature-far", null, Temperature, "1e300"), // the weights are what they are
        Entry("version-long", null, Version, "\u001b[31m" + new string('x', 100_000)),
        Entry("recipe-nested", null, Recipe, new string('[', 100_000)),
        Entry("recipe-15-mb", null, Recipe, new string('x', 15_000_000)),
        Entry("recipe-60-mb", "metadata take more", Recipe, new string('x', 60_000_000)),
        Entry("architecture-nested", CannotBeRead, Architecture, new string('[', 100_000)),
        Entry("architecture-nested-objects", CannotBeRead, Architecture, string.Concat(Enumerable.Repeat("{\"a\":", 100_000))),
        Entry("architecture-15-mb", CannotBeRead, Architecture, new string('x', 15_000_000)),
        Entry("architecture-text", CannotBeRead, Architecture, "\u001b]0;" + new string('\u0007', 100_000)),
        Entry("architecture-empty", CannotBeRead, Architecture, ""),
        Entry("architecture-null", "is null", Architecture, "null"),
        Entry("architecture-array", CannotBeRead, Architecture, "[]"),
        Entry("labels-nested", CannotBeRead, Labels, new string('[', 100_000)),
        Entry("preprocessing-nested", CannotBeRead, Preprocessing, "{\"mean\":" + new string('[', 1000)),
        Entry("external", "Its weights are", OnnxExternalData.MetadataKey, "app.json"),
        Entry("external-escape", "Its weights are", OnnxExternalData.MetadataKey, "\u001b[31m" + new string('\u202e', 100_000)),
        new HostileModel("entries-many.onnx", "fields beside its graph",
            () => [.. Without(), .. Enumerable.Range(0, 2000).SelectMany(i => Text($"other.{i}", []))]),
        new HostileModel("entry-twice.onnx", "two entries", () => [.. Without(), .. Text(Labels, """["c","b","a"]"""u8.ToArray())]),
        new HostileModel("entry-no-text.onnx", "", () => [.. Without(), .. Text("other", [0xC3, 0x28, 0xFF])]),
    ];

    private static byte[] Without() => OnnxEntries.Changed(Sound, _ => { });

    private static byte[] Text(string key, byte[] value) =>
        Field(ModelProto.MetadataPropsFieldNumber, [.. Field(1, key), .. Field(2, value)]);

    private static HostileModel Entry(
        string name, string? says, string key, string value, params IEnumerable<(string Key, string Value)> others) =>
        new($"{name}.onnx", says, () => others.Prepend((key, value))
            .Aggregate(Sound, (onnx, entry) => OnnxEntries.With(onnx, entry.Item1, entry.Item2)));

    private static HostileModel Named(string name, params string[] classes) =>
        new($"{name}.onnx", null, () => SoundModels.Named(classes));

    private static HostileModel Replaced(string name, string says, string key, params (string Old, string New)[] changes) =>
        new($"{name}.onnx", says, () => OnnxEntries.With(Sound, key, changes.Aggregate(OnnxEntries.Of(Sound)[key], (json, change) =>
        {
            StringAssert.Contains(json, change.Old);
            return json.Replace(change.Old, change.New, StringComparison.Ordinal);
        })));
}
