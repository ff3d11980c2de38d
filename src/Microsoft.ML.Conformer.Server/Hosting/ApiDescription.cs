using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Conformer.Server.Hosting;

/// <summary>What the OpenAPI document says of requests that the code does not tell by itself.</summary>
internal static class ApiDescription
{
    private static readonly OpenApiSchema _file = new() { Type = JsonSchemaType.String, Format = "binary" };

    public static void AddTo(IServiceCollection services) =>
        services.AddOpenApi(options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Conformer image models";
            document.Info.Description =
                "Classifies images and shows where the network looks, or finds objects in images: as the model does.";
            document.Servers = []; // it depends on who asks, and on proxies
            return Task.CompletedTask;
        }));

    /// <summary>An endpoint that takes images, and says with ProblemDetails why it refuses a request.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="many">Whether a form may have several images.</param>
    /// <param name="refusals">The HTTP statuses of refusals.</param>
    public static RouteHandlerBuilder TakesImages(this RouteHandlerBuilder endpoint, bool many, params ReadOnlySpan<int> refusals)
    {
        foreach (var status in refusals)
            endpoint.ProducesProblem(status);
        return endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = "JPEG, PNG, WebP, GIF or BMP: a form, where each part with a file name is an image whatever the part's " +
                    "name, or one image as the body. What a file is counts, not the type it is sent with.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["multipart/form-data"] = new() { Schema = Form(many) },
                    ["image/*"] = new() { Schema = _file },
                    ["application/octet-stream"] = new() { Schema = _file },
                },
            };
            return Task.CompletedTask;
        });
    }

    /// <summary>Describes a parameter of the query.</summary>
    public static RouteHandlerBuilder HasParameter(
        this RouteHandlerBuilder endpoint, string name, string description, OpenApiSchema? schema = null) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>().Where(one => one.Name == name) ?? [])
            {
                parameter.Description = description;
                parameter.Schema = schema ?? parameter.Schema;
            }
            return Task.CompletedTask;
        });

    private static OpenApiSchema Form(bool many) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["image"] = many ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = _file } : _file,
        },
        Required = new HashSet<string> { "image" },
    };
}
