using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>Models go to streams and come from them as they do with files.</summary>
[TestClass]
public sealed class ModelStreamTests
{
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _data = Photo.View(_context, Photo.Set(9));
    private static readonly TemporaryFolder _folder = new();
    private static ImageClassifierTransformer _model = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _) => _model = ScoringModel.Create(_data);

    [ClassCleanup]
    public static void DisposeModel()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public void AModelIsReadFromAStreamByItsContentFromWhereTheStreamStands(bool zip, bool seekable)
    {
        using var saved = new MemoryStream();
        saved.WriteByte(0); // somebody else's
        if (zip)
        {
            using var file = new MemoryStream(); // entries of a zip are counted from the file's beginning
            _context.Model.Save(_model, _data.Schema, file);
            file.WriteTo(saved);
        }
        else
        {
            _model.SaveAsOnnx(saved);
        }
        saved.Position = 1;
        using var stream = seekable ? saved : (Stream)new OneWay(saved);

        using var loaded = _context.Model.LoadImageClassifier(stream);

        Assert.IsTrue(stream.CanRead, "it stays open");
        Assert.AreEqual(-1, stream.ReadByte(), "it is read to its end");
        CollectionAssert.AreEqual(Photo.Classes, loaded.ClassNames.ToArray());
        Assert.IsTrue(ScoringModel.Difference(
            ScoringModel.Scores(_model.Transform(_data)), ScoringModel.Scores(loaded.Transform(_data))) < Rounding);
    }

    [TestMethod]
    public void AStreamGetsTheBytesThatAFileGets()
    {
        var options = new OnnxExportOptions { Precision = OnnxPrecision.Float16, IncludePreprocessing = true };
        AssertSame(_model.SaveAsOnnx, _model.SaveAsOnnx);
        AssertSame(path => _model.SaveAsOnnx(path, options), stream => _model.SaveAsOnnx(stream, options));
        AssertSame(_model.SaveWeights, _model.SaveWeights);
        var onnx = _folder.File("model.onnx");
        _model.SaveAsOnnx(onnx);
        using var loaded = _context.Model.LoadImageClassifier(onnx);
        AssertSame(loaded.SaveAsOnnx, loaded.SaveAsOnnx);
        Assert.ThrowsExactly<InvalidOperationException>(() => loaded.SaveWeights(new MemoryStream()));

        static void AssertSame(Action<string> toFile, Action<Stream> toStream)
        {
            toFile(_folder.File("file"));
            using var bytes = new MemoryStream();
            using (var stream = new OneWay(bytes))
                toStream(stream);
            CollectionAssert.AreEqual(File.ReadAllBytes(_folder.File("file")), bytes.ToArray());
        }
    }

    [TestMethod]
    public void WeightsAreReadFromAStreamAsFromAFile()
    {
        var weights = TorchFile.Constant(ConformerArchitecture.For(ConformerVariant.Tiny, 3).StateDict());
        var options = new WeightFileOptions { ClassNames = ["cat", "dog", "owl"] };

        using var loaded = _context.Model.LoadImageClassifier(new OneWay(new MemoryStream(weights)), weights: options);

        CollectionAssert.AreEqual(options.ClassNames.ToArray(), loaded.ClassNames.ToArray());
        Assert.AreEqual(224, loaded.ImageSize);
    }

    [TestMethod]
    [DataRow("", "is no image classifier that can be scored")]
    [DataRow("no model", "It is no ONNX file, or a damaged one")]
    [DataRow("PK no zip", "is no image classifier that can be scored")]
    public void AnotherContentIsAnErrorThatSaysSo(string content, string fault)
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadImageClassifier(stream));
        StringAssert.Contains(error.Message, "'the stream'");
        StringAssert.Contains(error.Message, fault);
    }

    [TestMethod]
    public void HalfAModelIsAnError()
    {
        using var zip = new MemoryStream();
        _context.Model.Save(_model, _data.Schema, zip);
        using var onnx = new MemoryStream();
        _model.SaveAsOnnx(onnx);
        var weights = TorchFile.Constant(ConformerArchitecture.For(ConformerVariant.Tiny, 3).StateDict());

        foreach (var whole in new[] { zip.ToArray(), onnx.ToArray() })
            Assert.ThrowsExactly<InvalidDataException>(() => Load(whole[..(whole.Length / 2)]));
        Assert.ThrowsExactly<CheckpointFormatException>(() => Load([2, 0, 0, 0, 0, 0, 0, 0, .. "{}"u8]));
        Assert.Throws<Exception>(() => Load(weights[..(weights.Length / 2)]));

        static void Load(byte[] bytes) => _context.Model.LoadImageClassifier(new MemoryStream(bytes)).Dispose();
    }

    [TestMethod]
    public void AStreamOfMoreThanAFileMayHaveIsRefusedUnread()
    {
        using var stream = new Endless();
        var error = Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadImageClassifier(stream));
        StringAssert.Contains(error.Message, "at most 2 GB");
    }

    [TestMethod]
    public void ArgumentsAreCheckedBeforeTheStreamIsRead()
    {
        using var closed = new MemoryStream();
        closed.Dispose();
        Assert.ThrowsExactly<ArgumentNullException>(() => _context.Model.LoadImageClassifier((Stream)null!));
        Assert.ThrowsExactly<ArgumentException>(() => _context.Model.LoadImageClassifier(closed));
        Assert.ThrowsExactly<ArgumentException>(() => _model.SaveAsOnnx(closed));
        Assert.ThrowsExactly<ArgumentException>(() => _model.SaveWeights(new MemoryStream([], writable: false)));
        using var unread = new MemoryStream(new byte[10]);
        Assert.ThrowsExactly<ArgumentException>(() => _context.Model.LoadImageClassifier(unread, new() { MaxBatchSize = 0 }));
        Assert.AreEqual(0, unread.Position);

        using var onnx = new MemoryStream();
        _model.SaveAsOnnx(onnx);
        onnx.Position = 0;
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => _context.Model.LoadImageClassifier(onnx, weights: new() { ClassNames = ["a", "b", "c"] }));
        StringAssert.Contains(error.Message, "names of its own");
    }

    /// <summary>A folder, or a pipe that nobody writes to, is told at once, and not waited for.</summary>
    [TestMethod]
    public void WhatIsNoPlainFileIsNoModelNoWeightsAndNoRecipe()
    {
        using var folder = new TemporaryFolder();
        var pipe = SpecialFile.Pipe(folder.File("pipe"));
        foreach (var (path, kind) in new[] { (folder.Path, "a folder"), (pipe, "a pipe"), ("/dev/zero", "a device") })
        {
            AssertTold<InvalidDataException>(() => _context.Model.LoadImageClassifier(path));
            AssertTold<InvalidDataException>(() => _context.Transforms.ExtractImageFeatures(path));
            var options = ScoringModel.QuickTraining(epochs: 1);
            options.PretrainedWeights = path;
            AssertTold<Exception>(() => _context.MulticlassClassification.Trainers.Conformer(options).Fit(_data));
            AssertTold<Exception>(() => TrainingRecipe.Load(path));

            void AssertTold<T>(Action action) where T : Exception
            {
                var error = Assert.Throws<T>(() => Task.Run(action).WaitAsync(Patience.Limit).GetAwaiter().GetResult());
                StringAssert.Contains(error.Message, $"'{path}'");
                StringAssert.Contains(error.Message, kind);
            }
        }
    }

    /// <summary>As a network's or a compressed stream: it goes forward only, in small pieces, and has no length.</summary>
    private sealed class OneWay(Stream stream) : Stream
    {
        public override bool CanRead => stream.CanRead;

        public override bool CanSeek => false;

        public override bool CanWrite => stream.CanWrite;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => stream.Read(buffer, offset, Math.Min(count, 1000));

        public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

        public override void Flush() => stream.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    private sealed class Endless : MemoryStream
    {
        public override long Length => 1L << 40;

        public override int Read(byte[] buffer, int offset, int count) => throw new AssertFailedException("It was read.");
    }
}
