using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Conformer.Server.Tests;

/// <summary>The program as it is started and stopped.</summary>
[TestClass]
public sealed class ProgramTests
{
    [TestMethod]
    [DataRow("no model", "model.zip")]
    [DataRow("", "model.zip")]
    [DataRow(null, "model.zip")]
    [DataRow("no model", "model.onnx")]
    public async Task AModelThatCannotBeUsedIsRefusedInOneLineBeforeItListens(string? content, string name)
    {
        using var folder = new TemporaryFolder();
        if (content is not null)
            File.WriteAllText(folder.File(name), content);

        var (code, program) = await ServerProgram.RunAsync(folder.File(name));

        await using (program)
        {
            Assert.AreEqual(2, code);
            StringAssert.StartsWith(program.Errors.Single(), "error: ");
            StringAssert.Contains(program.Errors.Single(), folder.File(name));
            Assert.IsEmpty(program.Output);
        }
    }

    [TestMethod]
    public async Task AnAddressThatIsNotThisMachinesIsAnErrorOfOneLineThatNamesIt()
    {
        const string Url = "http://192.0.2.1:5000"; // RFC 5737: nobody's

        var (code, program) = await ServerProgram.RunAsync(TinyModel.Path, "--urls", Url);

        await using (program)
        {
            Assert.AreEqual(1, code);
            StringAssert.StartsWith(program.Errors.Single(), $"error: Cannot listen on {Url}: ");
        }
    }

    [TestMethod]
    public async Task WrongArgumentsAreTheSentencesOfOneLine()
    {
        var (code, program) = await ServerProgram.RunAsync(TinyModel.Path, "--threads", "0", "--urls", "nowhere");

        await using (program)
        {
            Assert.AreEqual(2, code);
            Assert.AreEqual(
                "error: --urls: 'nowhere' is no address such as http://localhost:5000. " +
                "--threads must be a whole number from 1 to 1024, not '0'.", program.Errors.Single());
        }
    }

    [TestMethod]
    [DataRow("INT")]
    [DataRow("TERM")]
    public async Task StopsWithinFiveSecondsWhateverClientsHaveSentHalfAndAnswersWhatIsWhole(string signal)
    {
        if (signal == "INT")
            CtrlC.RequireOrInconclusive();
        var file = ColoredImages.Encode("red");
        var (address, program) = await ServerProgram.ListenAsync(TinyModel.Path);
        await using (program)
        {
            using var client = new HttpClient { BaseAddress = address, Timeout = Patience.Limit };
            await TestServer.ReadAsync(await client.PostAsync("/predict", TestServer.Body(file, "image/png"))); // it is warm
            var head = $"POST /predict HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: image/png\r\n";
            using var halfLine = await SendAsync(address, "POST /pre");
            using var halfHead = await SendAsync(address, "POST /predict HTTP/1.1\r\nHost: x\r\n");
            using var halfBody = await SendAsync(address, $"{head}Content-Length: {file.Length}\r\n\r\n", file[..^1]);
            using var halfForm = await SendAsync(
                address, "POST /explain HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n" +
                "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n");
            using var expecting = await SendAsync(address, $"{head}Content-Length: {file.Length}\r\nExpect: 100-continue\r\n\r\n");
            using var refused = await SendAsync(address, $"{head}Content-Length: 1000000000\r\n\r\n", file);
            using var idle = await SendAsync(address, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
            await Task.Delay(200);
            using var whole = await SendAsync(address, $"{head}Content-Length: {file.Length}\r\n\r\n", file);

            var begun = Stopwatch.GetTimestamp();
            program.Signal(signal);
            var code = await program.EndAsync();

            Assert.IsTrue(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(5), $"{Stopwatch.GetElapsedTime(begun)}");
            Assert.AreEqual(0, code);
            Assert.IsEmpty(program.Errors);
            using var reader = new StreamReader(whole.GetStream());
            StringAssert.StartsWith(await reader.ReadToEndAsync().WaitAsync(Patience.Limit), "HTTP/1.1 200 OK");
        }
    }

    /// <summary>Opens a connection and sends something.</summary>
    private static async Task<TcpClient> SendAsync(Uri address, string head, byte[]? body = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body ?? []]);
        return client;
    }
}
