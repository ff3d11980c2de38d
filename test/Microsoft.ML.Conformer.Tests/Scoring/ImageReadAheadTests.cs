using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>What scoring a data view promises about when, how often and by whom its images are read.</summary>
[TestClass]
public sealed class ImageReadAheadTests
{
    private const int BatchSize = 4;
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly List<Photo> _photos = Photo.Set(19);
    private static ImageClassifierTransformer _model = null!;
    private static List<float[]> _expected = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _)
    {
        using var folder = new TemporaryFolder();
        var data = Photo.View(_context, _photos);
        using (var trained = ScoringModel.Create(data))
            trained.SaveAsOnnx(folder.File("model.onnx"));
        _model = _context.Model.LoadImageClassifier(folder.File("model.onnx"), new ScoringOptions { MaxBatchSize = BatchSize });
        _expected = ScoringModel.Scores(_model.Transform(data));
    }

    [ClassCleanup]
    public static void DisposeModel() => _model.Dispose();

    [TestMethod]
    public void NothingIsReadBeforeAScoreIsAskedForAndTwoBatchesAtMostForOne()
    {
        var reads = 0;
        using (var rows = new ScoreReader(View(_ => Interlocked.Increment(ref reads))))
        {
            Assert.IsTrue(rows.MoveNext());
            Assert.IsTrue(rows.MoveNext());
            Assert.AreEqual(0, Volatile.Read(ref reads));
            rows.Check();
        }

        Assert.IsTrue(reads is >= BatchSize and <= 2 * BatchSize, $"{reads} images were read");
    }

    [TestMethod]
    public void TheNextBatchIsReadWhileOneIsScored()
    {
        using var reading = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        using var rows = new ScoreReader(View(number =>
        {
            if (number < BatchSize)
                return;
            reading.Set();
            gate.Wait(Patience.Limit);
        }));

        // The second batch cannot be read yet, and the first one's scores are there all the same.
        for (var row = 0; row < BatchSize; row++)
        {
            Assert.IsTrue(rows.MoveNext());
            rows.Check();
        }
        Assert.IsTrue(reading.Wait(Patience.Limit), "the second batch was not read ahead");
        gate.Set();
        while (rows.MoveNext())
            rows.Check();
    }

    [TestMethod]
    public void ImagesAreReadInOrderOnceAndByOneThreadAtATime()
    {
        var (readers, most) = (0, 0);
        List<int> order = [];
        using (var rows = new ScoreReader(View(number =>
        {
            most = Math.Max(most, Interlocked.Increment(ref readers));
            order.Add(number);
            Thread.SpinWait(1000);
            Interlocked.Decrement(ref readers);
        })))
        {
            while (rows.MoveNext())
                rows.Check();
        }

        Assert.AreEqual(1, most);
        CollectionAssert.AreEqual(Enumerable.Range(0, _photos.Count).ToList(), order);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(7)]
    [DataRow(11)]
    [DataRow(18)]
    public void RowsPassedOverLeaveTheOthersTheirScores(int step)
    {
        for (var first = 0; first < step; first++)
        {
            using var rows = new ScoreReader(View(_ => { }));
            for (var row = 0; rows.MoveNext(); row++)
                if (row % step == first)
                    rows.Check();
        }
    }

    [TestMethod]
    public void AFailingCursorFailsTheRowsOfItsBatchAndAllAfterAndNotThoseBefore()
    {
        using var rows = new ScoreReader(View(_ => { }, failAt: 2 * BatchSize - 1));
        for (var row = 0; row < BatchSize; row++)
        {
            Assert.IsTrue(rows.MoveNext());
            rows.Check();
        }

        while (rows.Position < 2 * BatchSize - 2)
        {
            Assert.IsTrue(rows.MoveNext());
            StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(rows.Check).Message, "no more rows");
        }
        Assert.ThrowsExactly<NotSupportedException>(rows.Check);
        Assert.ThrowsExactly<NotSupportedException>(() => rows.MoveNext());
    }

    [TestMethod]
    [DoNotParallelize] // errors that nobody asked for are the process's
    public void AnErrorThatNobodyAsksForIsNobodysError()
    {
        var unobserved = 0;
        EventHandler<UnobservedTaskExceptionEventArgs> count = (_, _) => unobserved++;
        TaskScheduler.UnobservedTaskException += count;
        try
        {
            for (var round = 0; round < 5; round++)
            {
                using var rows = new ScoreReader(View(_ => { }, failAt: BatchSize + 1));
                Assert.IsTrue(rows.MoveNext());
                rows.Check();
            }
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= count;
        }

        Assert.AreEqual(0, unobserved);
    }

    [TestMethod]
    public void DisposingWaitsForTheReadUnderWayAndEndsIt()
    {
        var (begun, ended) = (0, 0);
        using var reading = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var rows = new ScoreReader(View(number =>
        {
            if (number < BatchSize)
                return;
            begun++;
            reading.Set();
            gate.Wait(Patience.Limit);
            ended++;
        }));
        Assert.IsTrue(rows.MoveNext());
        rows.Check();
        Assert.IsTrue(reading.Wait(Patience.Limit), "the second batch was not read ahead");

        var disposing = new Thread(rows.Dispose) { IsBackground = true };
        disposing.Start();
        Assert.IsTrue(
            SpinWait.SpinUntil(() => disposing.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience.Limit), "nothing was waited for");
        gate.Set();
        Assert.IsTrue(disposing.Join(Patience.Limit), "disposing never ends");

        Assert.AreEqual((1, 1), (begun, ended));
    }

    [TestMethod]
    public void ASingleThreadedSynchronizationContextIsNotWaitedFor()
    {
        var context = new StuckContext();
        var scoring = OwnThread.Start(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            return ScoringModel.Scores(_model.Transform(View(_ => { })));
        });

        var scores = OwnThread.Results([scoring]).Single(); // in time only where it does not wait for its own thread

        Assert.AreEqual(0, context.Posts);
        Assert.IsTrue(ScoringModel.Difference(_expected, scores) < Rounding);
    }

    [TestMethod]
    public void MoreReadersThanThreadsOfThePoolAllGetOn()
    {
        var readers = Enumerable.Range(0, 8 * Environment.ProcessorCount)
            .Select(_ => Task.Run(() => ScoringModel.Scores(_model.Transform(View(_ => { }))))).ToArray();

        Assert.IsTrue(Task.WaitAll(readers, Patience.Limit), "readers wait for each other");

        Assert.IsTrue(readers.All(reader => ScoringModel.Difference(_expected, reader.Result) < Rounding));
    }

    [TestMethod]
    public void DisposingTheModelWhileImagesAreReadAheadLeavesTheReaderAnErrorAndNoMore()
    {
        using var folder = new TemporaryFolder();
        _model.SaveAsOnnx(folder.File("model.onnx"));
        var model = _context.Model.LoadImageClassifier(folder.File("model.onnx"), new ScoringOptions { MaxBatchSize = BatchSize });
        using var reading = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        using var rows = new ScoreReader(View(number =>
        {
            if (number < BatchSize)
                return;
            reading.Set();
            gate.Wait(Patience.Limit);
        }), model);
        Assert.IsTrue(rows.MoveNext());
        rows.Check();
        Assert.IsTrue(reading.Wait(Patience.Limit), "the second batch was not read ahead");

        model.Dispose();
        gate.Set();

        Assert.ThrowsExactly<ObjectDisposedException>(rows.Check);
    }

    private static IDataView View(Action<int> onRead, int failAt = int.MaxValue)
    {
        return _context.Data.LoadFromEnumerable(Rows());

        IEnumerable<CountedPhoto> Rows()
        {
            foreach (var photo in _photos)
                yield return photo.Number == failAt
                    ? throw new NotSupportedException("There are no more rows.")
                    : new CountedPhoto(photo, onRead);
        }
    }

    /// <summary>Reads a view's scores one by one, and compares them.</summary>
    private sealed class ScoreReader : IDisposable
    {
        private readonly DataViewRowCursor _cursor;
        private readonly ValueGetter<VBuffer<float>> _getter;

        public ScoreReader(IDataView data, ImageClassifierTransformer? model = null)
        {
            var scored = (model ?? _model).Transform(data);
            _cursor = scored.GetRowCursor([scored.Schema["Score"]]);
            _getter = _cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        }

        public long Position => _cursor.Position;

        public bool MoveNext() => _cursor.MoveNext();

        public void Check()
        {
            VBuffer<float> score = default;
            _getter(ref score);
            var difference = ScoringModel.Difference([_expected[(int)Position]], [score.DenseValues().ToArray()]);
            Assert.IsTrue(difference < Rounding, $"row {Position}");
        }

        public void Dispose() => _cursor.Dispose();
    }

    /// <summary>Never runs what is posted to it, like the thread of a window that waits.</summary>
    private sealed class StuckContext : SynchronizationContext
    {
        public int Posts { get; private set; }

        public override void Post(SendOrPostCallback d, object? state) => Posts++;

        public override void Send(SendOrPostCallback d, object? state) => Posts++;
    }
}
