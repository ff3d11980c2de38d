using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Folders;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training.Checkpoints;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Checkpoints;

namespace Microsoft.ML.Conformer.Tests.Files;

/// <summary>Names that others gave reach messages, logs and summaries in a form that is neither obeyed nor endless.</summary>
[TestClass]
public sealed partial class ShownTextTests
{
    private const int MostCharacters = 2000;

    private static readonly MLContext _context = new(seed: 1);

    private static readonly Dictionary<string, string> _names = new()
    {
        ["escapes"] = "\e[2J\e[31mred\a\u009B1m",
        ["bidi"] = "a\u202Egpj.\u2066b",
        ["lines"] = "a\nforged\r\nlines\u2028\u0085b",
        ["long"] = new('w', 100_000),
        ["long escapes"] = string.Concat(Enumerable.Repeat("\e", 100_000)),
        ["lone surrogate"] = "a\uD800b\uDC00",
    };

    /// <summary>What shows a name: the messages of what it throws count, and what it returns.</summary>
    private static readonly Dictionary<string, Func<string, ImageTree, string?>> _places = new()
    {
        ["class folder without images"] = (name, tree) => Made(tree, $"{Short(name)}/.keep").Split().Summary,
        ["folder without classes"] = (name, tree) =>
            Load(Directory.CreateDirectory(tree.File(Short(name))).FullName),
        ["folder that is not there"] = (name, tree) => Load(tree.File(name)),
        ["folder beside parts"] = (name, tree) => Made(tree, "train/a/1.png", $"{Short(name)}/1.png").Split().Summary,
        ["class that training lacks"] = (name, tree) => Made(tree, "train/a/1.png", $"val/{Short(name)}/1.png").Split().Summary,
        ["class without validation images"] = (name, tree) =>
            Made(tree, $"train/{Short(name)}/1.png", "train/b/1.png", "val/b/2.png").Split().Summary,
        ["classes too small to split"] = (name, tree) =>
        {
            tree.Fill(1, [.. Enumerable.Range(0, 20).Select(i => $"{i}{Short(name)}")]);
            return tree.Split().Summary;
        },
        ["classes that differ in case"] = (name, tree) => Made(tree, $"a{Short(name)}/1.png", $"A{Short(name)}/1.png").Split().Summary,
        ["what is passed over"] = (name, tree) =>
        {
            tree.Touch("a/1.png", $"a/2.x{Short(name)}", $"{Short(name)}.png", $"a/{Short(name)}/3.png");
            return tree.Log();
        },
        ["check of a folder"] = (name, tree) =>
        {
            Made(tree, $"{Short(name)}/{Short(name)}.png", "a/1.png");
            return _context.Data.CheckImageFolder(tree.Path).Summary;
        },
        ["split of a manifest"] = (name, tree) => Manifest(tree, $$"""{"path": "1.png", "label": "a", "split": {{Json(name)}}}"""),
        ["path in a manifest"] = (name, tree) => Manifest(tree, $$"""{"path": {{Json(name)}}, "label": "a"}"""),
        ["label in a manifest"] = (name, tree) => Manifest(
            tree, """{"path": "1.png", "label": "a", "split": "train"}""",
            $$"""{"path": "1.png", "label": {{Json(name)}}, "split": "val"}"""),
        ["line of a manifest"] = (name, tree) => Manifest(tree, "{" + name.ReplaceLineEndings("")),
        ["header of a manifest"] = (name, tree) =>
        {
            tree.Write("list.csv", Encoding.UTF8.GetBytes($"{name.ReplaceLineEndings("")},label\n1.png,a"));
            return tree.SplitManifest("list.csv").Summary;
        },
        ["bad image"] = (name, _) => new BadImage(0, name, new IOException($"Could not find file '{name}'.")).Describe(),
        ["reason of a bad image"] = (name, _) => new BadImage(0, name, new IOException($"Could not find file '{name}'.")).Reason,
        ["the only class"] = (name, _) =>
        {
            var photos = Photo.Set(4);
            photos.ForEach(photo => photo.Label = name);
            var keys = _context.Data.LoadFromEnumerable(photos.Append(new Photo { Label = "other" }));
            var mapped = _context.Transforms.Conversion.MapValueToKey("Label").Fit(keys);
            return Trained(mapped.Transform(_context.Data.LoadFromEnumerable(photos)));
        },
        ["tensor of a checkpoint"] = (name, tree) => Weights(
            tree, $$"""{ {{Json(name)}}: {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]} }"""),
        ["tensor of no network"] = (name, tree) => Weights(
            tree, $$"""{ {{Json(name)}}: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} }"""),
        ["dtype of a tensor"] = (name, tree) => Weights(
            tree, $$"""{"a": {"dtype": {{Json(name)}}, "shape": [1], "data_offsets": [0, 4]} }"""),
        ["field of a tensor"] = (name, tree) => Weights(
            tree, $$"""{ {{Json(name)}}: { {{Json(name)}}: 1, "dtype": "F32", "shape": [1], "data_offsets": [0, 4]} }"""),
        ["file of weights"] = (name, _) => new CheckpointFormatException(name, "it is damaged.", name).Message,
        ["property of a recipe"] = (name, _) => TrainingRecipe.FromJson($$"""{ {{Json(name)}}: 1}""").Name,
        ["property within a recipe"] = (name, _) => TrainingRecipe.FromJson($$"""{"augmentation": { {{Json(name)}}: 1} }""").Name,
        ["text that is no recipe"] = (name, _) => TrainingRecipe.FromJson("{" + name).Name,
        ["name of a recipe"] = (name, _) => TrainingRecipe.Load(name).Name,
        ["names of classes"] = (name, _) => string.Join(' ', new WeightFileOptions { ClassNames = [name, name] }.Faults()),
        ["state of a checkpoint"] = (name, tree) =>
            $"{CheckpointState.Read<string>(tree.Write("step.json", Encoding.UTF8.GetBytes("{" + name)))}",
        ["run of a checkpoint"] = (name, tree) =>
        {
            using var tensor = TorchSharp.torch.tensor(1f);
            using (var folder = new CheckpointFolder(new() { Folder = tree.Path }))
                folder.Save(
                    1, new Dictionary<string, string> { [name] = name }, 0,
                    new Dictionary<string, TorchSharp.torch.Tensor> { ["a"] = tensor });
            using var again = new CheckpointFolder(new() { Folder = tree.Path, Resume = true });
            return $"{again.Load<int>(new Dictionary<string, string> { [name] = "other" }, _ => { })}";
        },
    };

    public static IEnumerable<object[]> Cases => _places.Keys.SelectMany(place => _names.Keys.Select(name => new object[] { place, name }));

    [LeakCheckedTestMethod]
    [DynamicData(nameof(Cases))]
    public void ANameIsShownWithoutControlsAndWithinABound(string place, string name)
    {
        using var tree = new ImageTree();
        var shown = new List<string>();
        try
        {
            shown.Add(_places[place](_names[name], tree) ?? "");
        }
        catch (Exception exception)
        {
            for (var cause = exception; cause is not null; cause = cause.InnerException)
                shown.Add(cause.Message);
        }
        if (name == "escapes") // the JSON reader tells a byte that it does not expect
            Assert.IsTrue(
                shown.Exists(text => text.Contains("u001B", StringComparison.Ordinal) || text.Contains("0x1B", StringComparison.Ordinal)),
                $"The name is not shown: {string.Join(' ', shown)}");
        foreach (var text in shown)
        {
            var hidden = Hidden().Match(text.Replace(Environment.NewLine, " ", StringComparison.Ordinal));
            Assert.IsFalse(hidden.Success, $"U+{(hidden.Success ? hidden.Value[0] : 0):X4} in: {VisibleHere(text)}");
            Assert.IsFalse(ForgedLine().IsMatch(text), VisibleHere(text));
            Assert.IsTrue(text.Length <= MostCharacters, $"{text.Length} characters: {VisibleHere(text)}");
        }
    }

    /// <summary>As long as names in a file system may be.</summary>
    private static string Short(string name) =>
        name.Replace('\uD800', 'x').Replace('\uDC00', 'x')[..Math.Min(name.Length, 80)];

    private static string Json(string text) => $"\"{string.Concat(text.Select(c => $"\\u{(int)c:x4}"))}\"";

    private static ImageTree Made(ImageTree tree, params string[] files)
    {
        tree.Touch(files);
        return tree;
    }

    private static string Load(string folder) => _context.Data.LoadImageSplits(folder).Summary;

    private static string Manifest(ImageTree tree, params string[] lines)
    {
        tree.Touch("1.png");
        tree.Write("list.jsonl", Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return tree.SplitManifest("list.jsonl").Summary;
    }

    private static string Trained(IDataView data)
    {
        _context.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options { Epochs = 1 }).Fit(data);
        return "";
    }

    private static string Weights(ImageTree tree, string header)
    {
        var bytes = new byte[8 + Encoding.UTF8.GetByteCount(header) + 4];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - 12);
        Encoding.UTF8.GetBytes(header, bytes.AsSpan(8));
        var path = tree.Write("weights.safetensors", bytes);
        try
        {
            using var weights = PretrainedWeights.OpenClassifier(path);
            return "";
        }
        catch (WeightMismatchException exception)
        {
            return exception.Faults[^1];
        }
    }

    private static string VisibleHere(string text) =>
        string.Concat(text.Take(3 * MostCharacters).Select(c => Hidden().IsMatch($"{c}") ? '?' : c));

    [GeneratedRegex(@"[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]")]
    private static partial Regex Hidden();

    [GeneratedRegex(@"^forged", RegexOptions.Multiline)]
    private static partial Regex ForgedLine();
}
