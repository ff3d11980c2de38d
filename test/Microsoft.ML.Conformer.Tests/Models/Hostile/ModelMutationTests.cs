using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.ML.Conformer.Files;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>
/// Sound files of all forms, changed at random: they are refused, or give the sound file's scores. Where somebody made the checksum right
/// again, a file may also open with other finite weights, or other words about it: then the network has just these.
/// </summary>
[TestClass]
public sealed class ModelMutationTests
{
    /// <summary>Set it to change more files of each form: CONFORMER_MUTATIONS=20000.</summary>
    private const string CountVariable = "CONFORMER_MUTATIONS";

    private const int Count = 200;

    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _data = Photo.View(_context, Photo.Set(1));

    public static IEnumerable<object[]> Forms => SoundModels.Forms.Select(form => new object[] { form });

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void ADamagedFileIsRefusedOrGivesTheSameScores(string form)
    {
        var sound = SoundModels.Of(form);
        var scores = Scores(sound);
        ForEachSeed(form, (random, folder) =>
        {
            var changed = Mutation.Of(sound, random, (random, length) => random.Next(length));
            using var model = Open(changed, folder);
            // A checksum that is none any more, as in files of earlier versions, protects nothing.
            if (model is not null && (form == SoundModels.Zip || HasChecksum(changed)))
                AssertSame(scores, Scores(model));
            return model is not null;
        });
    }

    [TestMethod]
    [DynamicData(nameof(Forms))]
    public void AFileThatWasChangedOnPurposeIsRefusedOrIsTheNetworkThatItHolds(string form)
    {
        var sound = form == SoundModels.Zip ? SoundModels.Of(SoundModels.Pixels) : SoundModels.Of(form);
        sound = sound[..^OnnxChecksum.Length];
        var (message, scores) = (ModelProto.Parser.ParseFrom(sound), Scores(sound));
        var weights = OnnxContent.Read(sound).Tensors.Values.OrderBy(tensor => tensor.Offset).ToList();
        var others = Enumerable.Range(0, sound.Length).Except(weights.SelectMany(
            tensor => Enumerable.Range((int)tensor.Offset, (int)tensor.Length))).ToArray();
        ForEachSeed(form, (random, folder) =>
        {
            // Most bytes are weights': half of the places are chosen among the others.
            var changed = Mutation.Of(sound, random, (random, length) =>
                Math.Min(random.Next(2) == 0 ? random.Next(length) : others[random.Next(others.Length)], length - 1));
            if (random.Next(2) == 0)
                changed = WithChecksum(changed);
            using var model = Open(
                form == SoundModels.Zip ? HostileZips.Pack(("OnnxModel", HostileZips.Prefixed(changed))) : changed, folder);
            if (model is null)
                return false;
            AssertHolds(model, ModelProto.Parser.ParseFrom(changed), message, scores);
            return true;
        });
    }

    /// <summary>
    /// What was opened has the graph of the sound file, and the changed file's tensors and words, as another reader reads them. With the
    /// sound file's tensors and preparation of images it gives that one's scores.
    /// </summary>
    private static void AssertHolds(ImageClassifierTransformer model, ModelProto changed, ModelProto sound, float[] scores)
    {
        using var memory = new MemoryStream();
        model.SaveAsOnnx(memory);
        var opened = ModelProto.Parser.ParseFrom(memory.ToArray());
        CollectionAssert.AreEquivalent(changed.Graph.Initializer, opened.Graph.Initializer);
        var names = JsonSerializer.Deserialize<string[]>(changed.MetadataProps.Single(entry => entry.Key == "conformer.labels").Value)!;
        CollectionAssert.AreEqual(names, model.ClassNames.ToArray());
        CollectionAssert.AllItemsAreUnique(names);
        var found = Scores(model);
        Assert.AreEqual(names.Length, found.Length);
        if (names.SequenceEqual(Photo.Classes)) // they are in the graph too
            Assert.AreEqual(WithoutTensors(sound), WithoutTensors(opened));
        if (changed.Graph.Initializer.ToHashSet().SetEquals(sound.Graph.Initializer) && Preprocessing(changed) == Preprocessing(sound))
            AssertSame(scores, found);
    }

    private static GraphProto WithoutTensors(ModelProto model)
    {
        var graph = model.Graph.Clone();
        graph.Initializer.Clear();
        return graph;
    }

    private static string Preprocessing(ModelProto model) =>
        model.MetadataProps.Single(entry => entry.Key == "conformer.preprocessing").Value;

    private static void AssertSame(float[] expected, float[] actual) =>
        Assert.IsTrue(ScoringModel.Difference([expected], [actual]) < Rounding, string.Join(", ", actual));

    private static float[] Scores(byte[] file)
    {
        using var model = _context.Model.LoadImageClassifier(new MemoryStream(file));
        return Scores(model);
    }

    private static float[] Scores(ImageClassifierTransformer model) => ScoringModel.Scores(model.Transform(_data)).Single();

    /// <summary>Opens a file; null where it is refused as is documented.</summary>
    private static ImageClassifierTransformer? Open(byte[] file, TemporaryFolder folder)
    {
        var path = folder.File("changed.bin");
        File.WriteAllBytes(path, file);
        try
        {
            return _context.Model.LoadImageClassifier(path);
        }
        catch (Exception e) when (e is InvalidDataException or CheckpointFormatException or WeightMismatchException)
        {
            StringAssert.Contains(e.Message, path);
            Assert.IsFalse(e.Message.Any(char.IsControl), VisibleText.Escaped(e.Message));
            return null;
        }
    }

    private static bool HasChecksum(byte[] onnx) => onnx.AsSpan().IndexOf(Encoding.ASCII.GetBytes(OnnxChecksum.Key)) >= 0;

    private static byte[] WithChecksum(byte[] onnx)
    {
        var hashed = new ChecksumStream(Stream.Null);
        hashed.Write(onnx);
        return [.. onnx, .. OnnxChecksum.Field(hashed.Checksum)];
    }

    private static void ForEachSeed(string form, Func<Random, TemporaryFolder, bool> isOpened)
    {
        var count = int.Parse(Environment.GetEnvironmentVariable(CountVariable) ?? $"{Count}", CultureInfo.InvariantCulture);
        using var folder = new TemporaryFolder();
        var opened = 0;
        for (var seed = 0; seed < count; seed++)
            try
            {
                opened += isOpened(new Random(seed), folder) ? 1 : 0;
            }
            catch (Exception e)
            {
                throw new AssertFailedException($"The file of form {form} and seed {seed}: {e.Message}", e);
            }
        Console.WriteLine($"{opened} of {count} were opened.");
    }
}
