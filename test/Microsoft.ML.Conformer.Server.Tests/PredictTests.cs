using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Conformer.Server.Tests;

/// <summary>POST /predict: what it answers.</summary>
[TestClass]
public sealed class PredictTests
{
    private static readonly byte[] _red = ColoredImages.Encode("red");
    private static readonly byte[] _text = Encoding.UTF8.GetBytes("This is no image, but has more bytes than an image's header.");

    /// <summary>As long as a boundary may be.</summary>
    private const string Boundary =
        "0123456789012345678901234567890123456789012345678901234567890123" +
        "0123456789012345678901234567890123456789012345678901234567890123";

    private static TestServer _server = null!;

    [ClassInitialize]
    public static async Task Start(TestContext _) => _server = await TestServer.StartAsync(limits: new Limits
    {
        MaxImages = 3,
        MaxImageBytes = 20_000,
        MaxRequestBytes = 50_000,
        MaxPixels = 10_000,
        MaxPixelsInMemory = 10_000,
    });

    [ClassCleanup]
    public static async Task Stop() => await _server.DisposeAsync();

    [TestMethod]
    [DataRow("red", ".png")]
    [DataRow("green", ".png")]
    [DataRow("blue", ".jpg")]
    [DataRow("red", ".webp")]
    [DataRow("green", ".bmp")]
    public async Task AFormWithOneFileGetsTheClassesByFallingProbability(string color, string extension)
    {
        var file = ColoredImages.Encode(color, extension: extension);

        var image = (await TestServer.ReadAsync(await _server.PredictAsync(file))).GetProperty("images").EnumerateArray().Single();

        Assert.AreEqual("image.png", image.GetProperty("file").GetString());
        var predictions = image.GetProperty("predictions").EnumerateArray().ToList();
        Assert.AreEqual(color, predictions[0].GetProperty("class").GetString());
        var probabilities = predictions.ConvertAll(one => one.GetProperty("probability").GetSingle());
        CollectionAssert.AreEqual(probabilities.OrderDescending().ToList(), probabilities);
        CollectionAssert.AreEqual(TinyModel.ScoreAlone([file]).Single(), TestServer.Scores(image));
    }

    [TestMethod]
    public async Task AnImageAsTheBodyHasTheSameScoresAndNoFileName()
    {
        var answer = await _server.Client.PostAsync("/predict", TestServer.Body(_red, "image/png"));

        var image = (await TestServer.ReadAsync(answer)).GetProperty("images").EnumerateArray().Single();
        Assert.IsFalse(image.TryGetProperty("file", out JsonElement _));
        CollectionAssert.AreEqual(TinyModel.ScoreAlone([_red]).Single(), TestServer.Scores(image));
    }

    [TestMethod]
    [DataRow("image/gif", ".gif")]
    [DataRow("image/bmp", ".bmp")]
    [DataRow("image/png", ".bmp")] // what the file is counts
    public async Task ATypeThatTrainingReadsIsScoredAsTheBody(string type, string extension)
    {
        var file = ColoredImages.Encode("blue", width: 10, height: 10, extension: extension);

        var answer = await _server.Client.PostAsync("/predict", TestServer.Body(file, type));

        var image = (await TestServer.ReadAsync(answer)).GetProperty("images").EnumerateArray().Single();
        CollectionAssert.AreEqual(TinyModel.ScoreAlone([file]).Single(), TestServer.Scores(image));
    }

    [TestMethod]
    public async Task APhotoHasTheSameScoresHoweverTheCameraWasHeld()
    {
        var rgb = new byte[40 * 30 * 3];
        new Random(1).NextBytes(rgb);
        var upright = ImageFileBytes.Encode(40, 30, rgb, ".png");
        var expected = TinyModel.ScoreAlone([upright]).Single();

        for (var orientation = 1; orientation <= 8; orientation++)
        {
            var answer = await TestServer.ReadAsync(await _server.PredictAsync(OrientedImage.Png(40, 30, rgb, orientation)));

            CollectionAssert.AreEqual(
                expected, TestServer.Scores(answer.GetProperty("images").EnumerateArray().Single()), $"orientation {orientation}");
        }
    }

    [TestMethod]
    public async Task OfManyFilesTheBadOnesHaveAReasonAndTheOthersTheirOwnScores()
    {
        var blue = ColoredImages.Encode("blue");

        var answer = await _server.Client.PostAsync("/predict", TestServer.Form(("red.png", _red), ("a.txt", _text), ("blue.png", blue)));

        var images = (await TestServer.ReadAsync(answer)).GetProperty("images").EnumerateArray().ToList();
        CollectionAssert.AreEqual(
            new[] { "red.png", "a.txt", "blue.png" }, images.ConvertAll(image => image.GetProperty("file").GetString()));
        var alone = TinyModel.ScoreAlone([_red, blue]);
        CollectionAssert.AreEqual(alone[0], TestServer.Scores(images[0]));
        CollectionAssert.AreEqual(alone[1], TestServer.Scores(images[2]));
        Assert.IsFalse(images[1].TryGetProperty("predictions", out JsonElement _));
        Assert.AreEqual(422, images[1].GetProperty("error").GetProperty("status").GetInt32());
        StringAssert.Contains(images[1].GetProperty("error").GetProperty("reason").GetString(), "not a JPEG, PNG, WebP, GIF or BMP");
    }

    [TestMethod]
    [DataRow("?top=1", 1)]
    [DataRow("?top=2", 2)]
    [DataRow("?top=1000", 3)]
    [DataRow("", 3)]
    public async Task TopSaysHowManyClasses(string query, int expected)
    {
        var image = (await TestServer.ReadAsync(await _server.PredictAsync(_red, query))).GetProperty("images").EnumerateArray().Single();
        Assert.AreEqual(expected, image.GetProperty("predictions").GetArrayLength());
    }

    [TestMethod]
    [DataRow("0")]
    [DataRow("-1")]
    [DataRow("many")]
    [DataRow("")]
    public async Task ATopThatIsNoPositiveNumberIs400(string top) =>
        await AssertRefusedAsync(await _server.PredictAsync(_red, $"?top={top}"), HttpStatusCode.BadRequest, $"'{top}'");

    [TestMethod]
    public async Task AFormWithoutAFileIs400()
    {
        var form = new MultipartFormDataContent { { new StringContent("rose"), "name" } };
        await AssertRefusedAsync(await _server.Client.PostAsync("/predict", form), HttpStatusCode.BadRequest, "file");
    }

    [TestMethod]
    [DataRow("multipart/form-data", "x", "boundary")]
    [DataRow("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=i; filename=i\r\n\r\ncut", "well-formed")]
    [DataRow("multipart/form-data; boundary=\"\"", "x", "boundary of 1 to 128 characters")]
    [DataRow($"multipart/form-data; boundary={Boundary}", $"--{Boundary}--", "No part of the form is a file")]
    [DataRow($"multipart/form-data; boundary={Boundary}4", $"--{Boundary}4--", "boundary of 1 to 128 characters")]
    [DataRow("image/png", "", "empty")]
    public async Task ABodyThatIsNotWhatItsTypeSaysIs400(string type, string body, string reason)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        await AssertRefusedAsync(await _server.Client.PostAsync("/predict", content), HttpStatusCode.BadRequest, reason);
    }

    [TestMethod]
    [DataRow("image/jpg")]
    [DataRow("image/x-ms-bmp")]
    [DataRow("application/octet-stream")]
    [DataRow("application/x-www-form-urlencoded")] // as curl --data-binary sends
    [DataRow("nonsense")]
    [DataRow(null)]
    public async Task WhatAFileIsCountsAndNotTheTypeItIsSentWith(string? type)
    {
        foreach (var extension in (string[])[".png", ".jpg", ".webp", ".gif", ".bmp"])
        {
            var file = ColoredImages.Encode("red", width: 10, height: 10, extension: extension);
            var content = new ByteArrayContent(file);
            if (type is not null)
                content.Headers.TryAddWithoutValidation("Content-Type", type);

            var image = (await TestServer.ReadAsync(await _server.Client.PostAsync("/predict", content))).GetProperty("images")[0];

            CollectionAssert.AreEqual(TinyModel.ScoreAlone([file]).Single(), TestServer.Scores(image), extension);
        }
    }

    [TestMethod]
    [DataRow("image/png")]
    [DataRow("application/json")]
    [DataRow(null)]
    public async Task WhatIsNoImageIs422WhateverItIsSentAs(string? type)
    {
        var content = new ByteArrayContent(_text);
        if (type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        await AssertRefusedAsync(
            await _server.Client.PostAsync("/predict", content), HttpStatusCode.UnprocessableEntity, "not a JPEG, PNG, WebP, GIF or BMP");
    }

    [TestMethod]
    public async Task TooManyImagesAre413() =>
        await AssertRefusedAsync(
            await _server.Client.PostAsync("/predict", TestServer.Form(Enumerable.Range(0, 4).Select(i => ($"{i}.png", _red)))),
            HttpStatusCode.RequestEntityTooLarge, "more than 3 images");

    [TestMethod]
    public async Task TooLargeAnImageFileIs413() =>
        await AssertRefusedAsync(
            await _server.PredictAsync(new byte[20_001]), HttpStatusCode.RequestEntityTooLarge, "more than 20000 bytes");

    [TestMethod]
    public async Task TooLargeARequestIs413BeforeItsBodyIsSent()
    {
        // A client that sends on while the server answers and closes may lose the answer; this one waits for it.
        using var handler = new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) };
        using var client = new HttpClient(handler) { BaseAddress = _server.Client.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = TestServer.Body(new byte[50_001], "image/png") };
        request.Headers.ExpectContinue = true;

        await AssertRefusedAsync(await client.SendAsync(request), HttpStatusCode.RequestEntityTooLarge, "more than 50000 bytes");
    }

    [TestMethod]
    public async Task TooManyPixelsAre413EvenInAFileOfFewBytes() =>
        await AssertRefusedAsync(
            await _server.PredictAsync(ImageFileBytes.GifThatClaims(65_000, 60_000)),
            HttpStatusCode.RequestEntityTooLarge,
            "65000 x 60000 pixels; at most 0.01 million");

    [TestMethod]
    [DataRow(100, 100, HttpStatusCode.OK)]
    [DataRow(101, 100, HttpStatusCode.RequestEntityTooLarge)]
    public async Task AsManyPixelsAsAllowedAreScored(int width, int height, HttpStatusCode status) =>
        await TestServer.ReadAsync(
            await _server.PredictAsync(ColoredImages.Encode("red", width: width, height: height, extension: ".jpg")), status);

    [TestMethod]
    public async Task WhatIsNoImageIs422() =>
        await AssertRefusedAsync(
            await _server.PredictAsync(_text), HttpStatusCode.UnprocessableEntity, "not a JPEG, PNG, WebP, GIF or BMP");

    [TestMethod]
    public async Task AnEmptyFileIs422() =>
        await AssertRefusedAsync(await _server.PredictAsync([]), HttpStatusCode.UnprocessableEntity, "not a JPEG, PNG, WebP, GIF or BMP");

    [TestMethod]
    public async Task ADamagedImageIs422AndNotThePreviousImagesScores()
    {
        await TestServer.ReadAsync(await _server.PredictAsync(_red));
        var damaged = _red.ToArray();
        damaged[24] = 3; // a bit depth that PNG does not have
        await AssertRefusedAsync(await _server.PredictAsync(damaged), HttpStatusCode.UnprocessableEntity, "damaged");
    }

    [TestMethod]
    [DataRow(".jpg")]
    [DataRow(".png")]
    [DataRow(".webp")]
    [DataRow(".bmp")]
    public async Task ATruncatedImageIs422(string extension)
    {
        var whole = ColoredImages.Encode("red", extension: extension);
        await AssertRefusedAsync(
            await _server.PredictAsync(whole[..(int)(0.9 * whole.Length)]), HttpStatusCode.UnprocessableEntity, "truncated");
    }

    [TestMethod]
    public async Task DataBehindAnImageDoNotMatter()
    {
        byte[] photo = [.. ColoredImages.Encode("red", extension: ".jpg"), .. new byte[5000]];
        await TestServer.ReadAsync(await _server.PredictAsync(photo));
    }

    [TestMethod]
    [DataRow(99, HttpStatusCode.OK)]
    [DataRow(100, HttpStatusCode.UnprocessableEntity)]
    public async Task AJpegWithManyScansIs422(int scans, HttpStatusCode status)
    {
        // Each scan goes over all pixels; of an image of millions, thousands of them would take minutes.
        byte[] component = [1, 0x11, 0];
        byte[] refinement = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0x10, 0x7F];
        byte[] file =
        [
            0xFF, 0xD8,
            0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)16, 64),
            0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 8, 1, .. component, // progressive, 8x8 pixels, gray
            0xFF, 0xC4, 0, 20, 0, 1, .. new byte[16], // one code of one bit
            0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x7F, // a scan for the mean of each block
            .. Enumerable.Repeat(refinement, scans - 1).SelectMany(scan => scan),
            0xFF, 0xD9,
        ];

        await TestServer.ReadAsync(await _server.PredictAsync(file), status);
    }

    [TestMethod]
    public async Task DamagedFilesAreNever500AndNeverHaveAnotherImagesScores()
    {
        var random = new Random(1);
        var originals = new[] { _red, ColoredImages.Encode("green", extension: ".jpg") };
        for (var round = 0; round < 150; round++)
        {
            var file = originals[round % originals.Length].ToArray();
            for (var flips = random.Next(1, 10); flips > 0; flips--)
                file[random.Next(file.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0)
                file = file[..random.Next(file.Length)];

            var answer = await _server.PredictAsync(file);

            if (answer.StatusCode == HttpStatusCode.OK) // what a decoder makes of the rest
                CollectionAssert.AreEqual(
                    TinyModel.ScoreAlone([file]).Single(), TestServer.Scores((await TestServer.ReadAsync(answer)).GetProperty("images")[0]));
            else
                Assert.IsTrue(
                    answer.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge, $"{answer.StatusCode}");
        }
    }

    [TestMethod]
    public async Task EachRequestIsLoggedInOneLineWithoutItsFilesNames()
    {
        await TestServer.ReadAsync(
            await _server.Client.PostAsync("/predict?top=2", TestServer.Form(("secret.png", _red), ("secret.txt", _text))));

        await Patience.UntilAsync(
            () => _server.Log.Any(line => line.StartsWith("POST /predict 200 ", StringComparison.Ordinal)
                && line.EndsWith("ms, 2 images, 1 refused", StringComparison.Ordinal)),
            "the request is logged");
        Assert.IsFalse(_server.Log.Any(line => line.Contains("secret", StringComparison.Ordinal)));
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string reason)
    {
        var problem = await TestServer.ReadAsync(answer, status);
        Assert.AreEqual("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.AreEqual((int)status, problem.GetProperty("status").GetInt32());
        StringAssert.Contains(problem.GetProperty("detail").GetString(), reason);
    }
}
