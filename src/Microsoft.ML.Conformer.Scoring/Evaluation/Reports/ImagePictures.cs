using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>Images on a page: small, and where there is an explainer with maps of where the network looks.</summary>
internal sealed class ImagePictures(Thumbnails thumbnails, ImageExplainer? explainer)
{
    private static readonly Dictionary<ImageMapKind, string> _maps = new()
    {
        [ImageMapKind.ClassActivation] = "class activation",
        [ImageMapKind.Coupled] = "coupled",
    };

    /// <summary>What the maps show; null where there are none.</summary>
    public string? WordsOnMaps => explainer is null ? null
        : "Beside an image is what speaks for the predicted class there (the class activation map of the convolution branch), and of a " +
          "Conformer the same coupled with what the class token attends to. The hotter the color, the more the network sees.";

    /// <summary>An image with its caption.</summary>
    /// <param name="path">Its file; null where the data does not tell.</param>
    /// <param name="caption">HTML.</param>
    /// <param name="explainedClass">The class whose maps are shown; null for none.</param>
    public string Of(string? path, string caption, string? explainedClass = null)
    {
        var thumbnail = path is null ? null : thumbnails.Of(path);
        var maps = thumbnail is not null && explainedClass is not null ? Maps(path!, explainedClass) : "";
        return $"<div class=\"finding image{(maps.Length > 0 ? " maps" : "")}\"><div class=\"files\">" +
            $"<figure>{Picture(thumbnail)}</figure>{maps}</div><p>{caption}{Name(path)}</p></div>\n";
    }

    private string Maps(string path, string explainedClass)
    {
        if (explainer is null)
            return "";
        try
        {
            var explanation = explainer.Explain(path).For(explainedClass);
            return string.Concat(explanation.Maps.Where(map => _maps.ContainsKey(map.Kind)).Select(map =>
                $"<figure>{Picture(Thumbnails.Of(MapOverlay.Of(explanation.Picture, map)))}" +
                $"<figcaption>{_maps[map.Kind]}</figcaption></figure>"));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return ""; // it has changed since, or is damaged, of which a thumbnail shows what there is
        }
    }

    /// <summary>The file and its folder, which is often the class; the whole path where the pointer rests on it.</summary>
    private static string Name(string? path)
    {
        if (path is null)
            return "";
        var name = Path.Combine(Path.GetFileName(Path.GetDirectoryName(path)) ?? "", Path.GetFileName(path));
        return $"<br><span class=\"more\" title=\"{Text(VisibleText.OfPath(path))}\">{Text(VisibleText.Of(name))}</span>";
    }
}
