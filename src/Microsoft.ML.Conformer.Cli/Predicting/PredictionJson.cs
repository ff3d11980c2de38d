using System.Text.Json;

namespace Conformer.Cli.Predicting;

/// <summary>One JSON object, as the server answers.</summary>
internal sealed class PredictionJson : IPredictionWriter
{
    private readonly Stream _output;
    private readonly Utf8JsonWriter _json;

    public PredictionJson(Stream output)
    {
        _json = new Utf8JsonWriter(_output = output, new JsonWriterOptions
        {
            Indented = true,
            Encoder = Facts.Encoder,
        });
        _json.WriteStartObject();
        _json.WriteStartArray("images");
    }

    public void Add(string path, IReadOnlyList<ClassProbability> best, bool isNone)
    {
        _json.WriteStartObject();
        _json.WriteString("file", path);
        if (isNone)
            _json.WriteBoolean("noneOfThese", true);
        _json.WriteStartArray("predictions");
        foreach (var one in best)
        {
            _json.WriteStartObject();
            _json.WriteString("class", one.Class);
            _json.WriteNumber("probability", one.Probability);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Add(string path, string fault)
    {
        _json.WriteStartObject();
        _json.WriteString("file", path);
        _json.WriteStartObject("error");
        _json.WriteString("reason", fault);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    public void Dispose()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Dispose();
        _output.WriteByte((byte)'\n');
    }
}
