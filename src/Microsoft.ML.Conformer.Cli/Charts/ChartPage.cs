using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conformer.Cli.Charts;

/// <summary>Pages whose charts Apache ECharts draws. They load nothing: the pages hold it, their data and their scripts.</summary>
internal static class ChartPage
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The scripts of a page.</summary>
    /// <param name="data">What the script finds, as JSON, in the element with the id "data".</param>
    /// <param name="script">The resource that holds the script.</param>
    public static string Scripts(object data, string script) =>
        // The serializer escapes '<', so that no value can end the element that holds it.
        $"<script>{Resource("echarts.min.js")}</script>\n" +
        $"<script id=\"data\" type=\"application/json\">{JsonSerializer.Serialize(data, _json)}</script>\n" +
        $"<script>{Resource(script)}</script>\n";

    private static string Resource(string name)
    {
        using var stream = typeof(ChartPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program was built without its resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
